"""Runs one table's measures and prints it; bench/run.sh builds, installs the peers and calls this."""
import argparse
import contextlib
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

import house
import house_delete
import house_growth
import house_imap
import house_recipients
import house_relay
import house_steady
import house_storm
import mailauth
import mime
import net_header
import net_tcp
import net_tls
import net_udp
import orm
import orm_entity
import sql
from bench import Bench
from loads import LoadFailed, Loads
from servers import StartFailed
from table import render

# Each table is made of files of measures; a new file is imported above and named here.
TABLES = {"house": [house, house_recipients, house_steady, house_delete, house_storm, house_relay, house_imap,
                    house_growth],
          "sql": [sql, orm, orm_entity], "mailauth": [mailauth], "mime": [mime], "net": [net_tcp, net_udp, net_tls, net_header]}
DISTURBED = 0.25  # cores that other programs may use before the figures are called doubtful


def measures_of(table):
    return {name: measure for module in TABLES[table] for name, measure in module.MEASURES.items()}


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh")
    parser.add_argument("table", choices=list(TABLES))
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--only", action="append")
    parser.add_argument("--growth-messages", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.growth_messages < 1000:
        parser.error("--growth-messages wants 1,000 at least")
    known = measures_of(options.table)
    for name in options.only or []:
        if name not in known:
            parser.error(f"table {options.table} has no measure {name}; it has {', '.join(known)}")
    return options


def say(text):
    print(text, flush=True)


def machine():
    """What all figures depend on."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True).stdout.partition("\n")[0]
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": round(memory, 1), "kernel": platform.release(),
            "compiler": compiler}


def work_directory(wanted):
    # Not below a private folder: Postfix and Dovecot enter it as users of their own. Not in memory: 250 means on disk.
    work = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-bench-", dir=wanted or "/var/tmp"))
    work.chmod(0o755)
    return work


def run_measures(bench, names, measures):
    rows, failures = [], []
    for name in names:
        started = time.monotonic()
        say(f"== {name}")
        try:
            rows += measures[name](bench)
        except (LoadFailed, StartFailed) as failure:
            failures.append(name)
            say(f"  FAILED: {failure}")
        say(f"  {name} took {time.monotonic() - started:.0f} s")
    return rows, failures


def run(options, work):
    measures = measures_of(options.table)
    names = options.only or list(measures)
    loads = Loads(options.binaries)
    bench = Bench(options, names, work, loads, say)
    facts = machine()
    with contextlib.ExitStack() as stack:
        for module in TABLES[options.table]:
            wanted = [name for name in names if name in module.MEASURES]
            if wanted and hasattr(module, "prepared"):
                facts |= stack.enter_context(module.prepared(bench, wanted)) or {}
        say("machine: " + ", ".join(f"{key} {value}" for key, value in facts.items()))
        rows, failures = run_measures(bench, names, measures)
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "table": options.table,
            "quick": options.quick, "rounds": bench.most_rounds, "machine": facts,
            "versions": bench.versions, "absent_peers": sorted(bench.absent),
            "failed": failures, "rows": [row.record() for row in rows],
            "disturbance_cores": dict(zip(("worst", "median"), loads.disturbance())), "loads": loads.records}, rows


def report(results, rows, path):
    path.mkdir(parents=True, exist_ok=True)
    stamped = path / f"results-{results['table']}-{results['date'].replace(':', '')[:17]}.json"
    text = json.dumps(results, indent=1)
    for file in (stamped, path / f"latest-{results['table']}.json"):
        file.write_text(text + "\n", encoding="utf-8")
    say("\n" + "; ".join([*results["versions"], results["date"], "medians of the rounds"]) + "\n")
    say(render(rows))
    if results["absent_peers"]:
        say(f"\nSkipped, since they could not be built here: {', '.join(results['absent_peers'])}")
    if results["quick"]:
        say("\nA quick run: one round of small loads. It shows that everything works, its figures decide nothing.")
    elif results["rounds"]:
        say(f"\nAt most {results['rounds']} rounds of each measure.")
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
