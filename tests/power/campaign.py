#!/usr/bin/env python3
"""Cuts the power of a house's disk at random moments. What got its 250 is there exactly once, octet for octet, for
everyone it was for, here or in the queue; what got none is there for all or for nobody; what a QUIT has deleted stays
deleted; no UIDL stands for two letters; `check` finds nothing. The disk logs its writes and flushes; a cut leaves what
was flushed, and of the rest any part. A control forgets its flushes, and must be caught.

Needs root, /dev/fuse and loop devices; all that it mounts and starts is in namespaces that end with it."""
import argparse
import contextlib
import ctypes
import os
import pathlib
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
from cuts import Recording  # noqa: E402
from disk import Disk  # noqa: E402
from letters import DOMAIN, NEVER, PASSWORD, USERS, Load  # noqa: E402
from posthouse_server import Posthouse  # noqa: E402
from verdict import Verdict  # noqa: E402

MAKE = {"ext4": ("mkfs.ext4", "-q", "-b", "4096"), "xfs": ("mkfs.xfs", "-q")}
SIZE = 400 << 20     # mkfs.xfs makes none below 300 MiB
CUTS_A_LOAD = 10
LISTEN = ("smtp", "submission", "pop3")
OPTIONS = ("--insecure-auth", "--route", "*=127.0.0.1:1", "--log-level", "warn")


@contextlib.contextmanager
def mounted(kind, disk, place, options="loop"):
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, disk, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def make_file_system(kind, folder):
    """An image in `folder`; the reason why there is none, or None."""
    folder.mkdir()
    with open(folder / "image", "wb") as image:
        image.truncate(SIZE)
    try:
        subprocess.run([*MAKE[kind], folder / "image"], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        return f"{MAKE[kind][0]} is not installed"
    tried = subprocess.run(["mount", "-t", kind, "-o", "loop,ro", folder / "image", folder], capture_output=True, text=True)
    if tried.returncode != 0:
        return f"cannot mount {kind} by a loop device here: {tried.stderr.strip()}"
    subprocess.run(["umount", folder], check=True)
    return None


def record(kind, folder, letters, seed):
    """A house under load on a disk that keeps its log, with a stop and a start in between; returns what was noted, and
    the log's first and last position."""
    with Disk(folder) as disk, mounted(kind, disk.path, folder / "mounted") as place:
        server = Posthouse(DOMAIN, dict.fromkeys(USERS, PASSWORD), LISTEN, OPTIONS, data=place / "data")
        server.log_path = folder / "log.txt"
        begin = disk.position()
        with server:
            load = Load(server, disk.position, random.Random(seed).choice((2, 6, 20)), seed)
            load.start()
            load.wait_for(letters // 2)
            assert server.stop() == 0
            server.start()
            load.wait_for(letters - letters // 2)
            load.stop()
            end = disk.position()
            server.kill()
    return load.notes, begin, end


def look(kind, folder, notes, position, digests):
    """Mounts what the cut has left, and judges."""
    with mounted(kind, folder / "cut/image", folder / "mounted") as place:
        server = Posthouse("", listen=LISTEN, options=OPTIONS, data=place / "data")
        server.domain, server.log_path = DOMAIN, folder / "log.txt"
        return Verdict(server, notes, position, digests)


def cut(kind, folder, notes, begin, end, count, seed):
    """A third of the cuts come at the very moment of a 250, a third when much is in the disk's cache, a third at any
    time. Returns how many letters were at stake."""
    chance, recording, moments = random.Random(f"{seed}/cuts"), Recording(folder), notes.accepted(begin)
    choices = (lambda: chance.choice(moments), lambda: recording.moment(begin, end, chance),
               lambda: chance.randint(begin, end))
    positions = sorted(choices[i % 3]() for i in range(count))
    digests, at_stake = {}, 0
    for i, position in enumerate(positions):
        stable = recording.last_flush(position)
        fates = recording.leave(folder / "cut/image", stable, position, random.Random(f"{seed}/cut/{i}"))
        started = time.monotonic()
        verdict = look(kind, folder, notes, position, digests)
        accepted = sum(1 for moment in moments if moment <= position)
        at_stake += accepted
        print(f"{kind} cut {i} at {position} of {end}: {accepted} accepted, {len(verdict.present)} there; "
              f"writes in the disk's cache: {fates} ({time.monotonic() - started:.1f} s)", flush=True)
        assert not verdict.problems, "\n  ".join([f"the cut at {position} of {folder}:", *verdict.problems[:20]])
    return at_stake


def forget(kind, folder, notes, begin, end, seed):
    """The control: a disk that has in truth written nothing since some moment, whatever it answered to flushes."""
    last = random.Random(f"{seed}/control").randint(begin + (end - begin) // 4, begin + (end - begin) // 2)
    Recording(folder).leave(folder / "cut/image", last, last, random.Random(seed))
    verdict = look(kind, folder, notes, end, {})
    must = {letter.name for letter in notes.letters.values()
            if last <= letter.begun and letter.accepted < NEVER and letter.outside}
    may = {letter.name for letter in notes.letters.values() if last < letter.accepted < NEVER}
    print(f"{kind} control: of {len(may)} letters after its last flush {len(verdict.lost)} are missed")
    assert must and must <= verdict.lost <= may, (
        f"the control is not caught: {len(must)} must be lost, {len(may)} may be; first problems: {verdict.problems[:3]}")


def rounds(args, folder):
    """One load after the other, each on a new disk, until there were enough cuts; returns the letters at stake."""
    kinds, at_stake = [], 0
    for kind in MAKE:
        if reason := make_file_system(kind, folder / kind):
            print(f"skipped: {reason}")
        else:
            kinds.append(kind)
        shutil.rmtree(folder / kind)
    for number, first in enumerate(range(0, args.cuts if kinds else 0, CUTS_A_LOAD)):
        kind, seed = kinds[number % len(kinds)], f"{args.seed}/{number}"
        disk = folder / f"{kind}-{number}"
        make_file_system(kind, disk)
        notes, begin, end = record(kind, disk, args.letters, seed)
        again = (kind, notes, begin, end, min(CUTS_A_LOAD, args.cuts - first), seed)
        (disk / "notes").write_bytes(pickle.dumps(again))
        at_stake += judge(disk, *again, control=number < len(kinds))
        shutil.rmtree(disk)
    return at_stake


def judge(disk, kind, notes, begin, end, count, seed, control):
    """What is left after a cut lies in memory, as nobody waits for anything there."""
    with mounted("tmpfs", "tmpfs", disk / "cut", f"size={2 * SIZE}"):
        at_stake = cut(kind, disk, notes, begin, end, count, seed)
        if control:
            forget(kind, disk, notes, begin, end, seed)
        return at_stake


def inside(args):
    """Runs alone in its namespaces."""
    if args.again:
        at_stake = judge(args.again, *pickle.loads((args.again / "notes").read_bytes()), control=True)
    else:
        at_stake = rounds(args, args.inside)
    if at_stake:
        print(f"{at_stake} accepted letters at stake, none lost")


def outside(args):
    """Starts itself again in a mount and a process namespace. They end with their first process, and that one with
    this: then the kernel unmounts, frees the loop devices and kills what is left, however it comes."""
    if os.geteuid() != 0:
        return print("skipped: only root can cut the power")
    for path in ("/dev/fuse", "/dev/loop-control"):
        if not os.access(path, os.R_OK | os.W_OK):
            return print(f"skipped: no power cuts without {path}")
    for propagation in ("private", "unchanged"):  # in a chroot whose / is no mount point it can only stay
        namespaces = ["unshare", "--mount", "--propagation", propagation, "--pid", "--fork", "--kill-child"]
        if (tried := subprocess.run([*namespaces, "true"], capture_output=True, text=True)).returncode == 0:
            break
    else:
        return print(f"skipped: no namespaces here: {tried.stderr.strip()}")
    print(f"seed {args.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-power-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = False
    child = subprocess.Popen([*namespaces, sys.executable, *sys.argv, "--seed", str(args.seed), "--inside", folder],
                             start_new_session=True,  # Ctrl+C is for this process
                             preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
    try:
        failed = child.wait() != 0
    finally:
        child.kill()
        child.wait()
        if not failed:
            shutil.rmtree(folder, ignore_errors=True)
    if failed and not args.again:
        print(f"FAILED: seed {args.seed}; the disks are kept; the same cuts once more: --again", *folder.iterdir())
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--letters", type=int, default=300, help="of a load, which is cut 10 times")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--again", type=pathlib.Path, metavar="DISK", help="a disk that a failed run has kept")
    parser.add_argument("--inside", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    return inside(args) if args.inside else outside(args)


if __name__ == "__main__":
    sys.exit(main())
