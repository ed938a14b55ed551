"""Runs the measures and prints the table; bench/run.sh builds, installs the peers and calls this."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import measures
from echo import Echo
from loads import LoadFailed, Loads
from servers import USERS, Posthouse, PostfixDovecot, StartFailed
from table import render

DISTURBED = 0.25  # cores that other programs may use before the figures are called doubtful


def arguments():
    parser = argparse.ArgumentParser(prog="bench/runner/main.py")
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--only", action="append", choices=list(measures.ALL))
    return parser.parse_args()


def say(text):
    print(text, flush=True)


def machine(work, loads, server_binaries):
    """What the figures depend on."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    file_system = subprocess.run(["stat", "-f", "-c", "%T", work], capture_output=True, text=True).stdout.strip()
    disk = loads.run([server_binaries / "mailload", "disk", "--dir", work], command="disk")
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": round(memory, 1), "kernel": platform.release(),
            "file_system": file_system, "fdatasync_4k_per_s": disk["syncs_per_s"]}


def work_directory(wanted):
    # Not below a private folder: Postfix and Dovecot enter it as users of their own. Not in memory: 250 means on disk.
    work = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-bench-", dir=wanted or "/var/tmp"))
    work.chmod(0o755)
    return work


def prepare_servers(options, names, work):
    mail = [name for name in names if name != "echo"]
    if not mail:
        return None, None
    users = USERS if "idle" in names and not options.quick else 100 if "idle" in names else 8
    ours = Posthouse(options.binaries / "posthouse", work, users)
    say(f"== Making {users} accounts")
    ours.prepare()
    peer = PostfixDovecot(work, users) if options.peers else None
    return ours, peer


def run(options, work):
    names = options.only or list(measures.ALL)
    loads = Loads(options.binaries)
    facts = machine(work, loads, options.binaries)
    say("machine: " + ", ".join(f"{key} {value}" for key, value in facts.items()))
    if facts["file_system"] == "tmpfs":
        say("The file system is in memory, where syncing costs nothing: say --work DIR with a folder on a disk.")
    ours, peer = prepare_servers(options, names, work)
    bench = measures.Bench(ours, peer, loads, Echo(options.binaries, loads), options.quick, say)
    rows, failures = [], []
    versions = [server.version() for server in bench.sides()]
    try:
        for name in names:
            started = time.monotonic()
            say(f"== {name}")
            try:
                rows += measures.ALL[name](bench)
            except (LoadFailed, StartFailed) as failure:
                failures.append(name)
                say(f"  FAILED: {failure}")
            for server in bench.sides():
                server.stop()
            say(f"  {name} took {time.monotonic() - started:.0f} s")
    finally:
        for server in bench.sides():
            server.stop()
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "quick": options.quick,
            "machine": facts, "versions": versions, "failed": failures, "rows": [row.record() for row in rows],
            "disturbance_cores": dict(zip(("worst", "median"), loads.disturbance())), "loads": loads.records}, rows


def report(results, rows, path):
    path.mkdir(parents=True, exist_ok=True)
    stamped = path / f"results-{results['date'].replace(':', '')[:17]}.json"
    text = json.dumps(results, indent=1)
    for file in (stamped, path / "latest.json"):
        file.write_text(text + "\n", encoding="utf-8")
    say("\n" + "; ".join([*results["versions"], results["date"], "medians of the rounds"]) + "\n")
    say(render(rows))
    if results["quick"]:
        say("\nA quick run: one round of small loads. It shows that everything works, its figures decide nothing.")
    worst, median = results["disturbance_cores"].values()
    if median > DISTURBED:
        say(f"\nOther programs kept {median:.2f} cores busy (at worst {worst:.2f}): the figures are doubtful.")
    if results["failed"]:
        say(f"\nThese measures failed, see above: {', '.join(results['failed'])}")
    say(f"\nAll figures, round by round: {stamped}")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    work = work_directory(options.work)
    try:
        results, rows = run(options, work)
        report(results, rows, options.results)
        return 1 if results["failed"] else 0
    except StartFailed as failure:
        say(f"A server could not be prepared: {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(work, ignore_errors=True)


sys.exit(main())
