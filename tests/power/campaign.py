#!/usr/bin/env python3
"""Cuts the power of a house's disk at random moments. What got its 250 is there exactly once, octet for octet, for
everyone it was for, here or in the queue; what got none is there for all or for nobody; what a QUIT has deleted stays
deleted; no UIDL stands for two letters; `check` finds nothing. The disk logs its writes and flushes; a cut leaves what
was flushed, and of the rest any part. A control forgets its flushes, and must be caught.

Needs root, /dev/fuse and loop devices; all that it mounts and starts is in namespaces that end with it."""
import argparse
import contextlib
import ctypes
import dataclasses
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
from disk import Disk, copy_sparse  # noqa: E402
from letters import DOMAIN, NEVER, PASSWORD, USERS, Load, Notes  # noqa: E402
from posthouse_server import Posthouse  # noqa: E402
from verdict import Verdict  # noqa: E402

MAKE = {"ext4": ("mkfs.ext4", "-q", "-b", "4096"), "xfs": ("mkfs.xfs", "-q")}
# XFS leaves a block that is torn within as it is, and does not mount then; journal and checksums mend ext4's.
SECTOR = {"ext4": 512, "xfs": 4096}
SIZE = 400 << 20     # mkfs.xfs makes none below 300 MiB
CUTS_A_LOAD = 5
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


def house(folder, place, new=False):
    server = Posthouse(DOMAIN if new else "", dict.fromkeys(USERS, PASSWORD), LISTEN, OPTIONS, data=place / "data")
    server.domain, server.log_path = DOMAIN, folder / "log.txt"
    return server


@dataclasses.dataclass
class Recorded:
    """What is known of a disk whose log has ended: positions of it, and what clients saw."""
    kind: str    # of file system
    seed: str
    notes: Notes
    begin: int   # there are accounts
    ready: int   # the house has started
    end: int
    cuts: int = 0  # to be made


def record(kind, folder, letters, seed, number, before):
    """A house under load on a disk that keeps its log, with a stop and a start in between. It is a new house unless
    there are notes from `before`."""
    notes, chance = before or Notes(), random.Random(seed)
    with Disk(folder) as disk, mounted(kind, disk.path, folder / "mounted") as place:
        server = house(folder, place, new=before is None)
        begin = 0 if before else disk.position()
        with server:
            ready = disk.position()
            first = 100 * (number + 1)
            load = Load(server, disk.position, notes, range(first, first + chance.choice((2, 6, 20))), seed)
            load.start()
            load.wait_for(letters // 2)
            assert server.stop() == 0
            server.start()
            load.wait_for(letters - letters // 2)
            load.stop()
            end = disk.position()
            server.kill()
    return Recorded(kind, seed, notes, begin, ready, end)


def look(recorded, folder, position, digests):
    """Mounts what the cut has left, and judges."""
    with mounted(recorded.kind, folder / "cut/image", folder / "mounted") as place:
        return Verdict(house(folder, place), recorded.notes, position, digests)


def cut(recorded, folder):
    """The cuts come, in turns, at the very moment of a 250; when much is in the disk's cache; at any time; and before the
    house was ready. Returns how many letters were at stake, and the notes to go on with from one of the cuts, whose
    image is `folder`/next."""
    begin, ready, end, notes, count = recorded.begin, recorded.ready, recorded.end, recorded.notes, recorded.cuts
    chance, recording = random.Random(f"{recorded.seed}/cuts"), Recording(folder, SECTOR[recorded.kind])
    moments = notes.accepted(begin)
    choices = (lambda: chance.choice(moments), lambda: recording.moment(begin, end, chance),
               lambda: chance.randint(begin, end), lambda: chance.randint(begin, ready))
    positions = sorted(choices[i % len(choices)]() for i in range(count))
    digests, at_stake, goes_on, following = {}, 0, chance.randrange(count), None
    for i, position in enumerate(positions):
        started = time.monotonic()
        fates = recording.leave(folder / "cut/image", recording.last_flush(position), position,
                                random.Random(f"{recorded.seed}/cut/{i}"))
        if i == goes_on:
            copy_sparse(folder / "cut/image", folder / "next")
        try:
            verdict = look(recorded, folder, position, digests)
        except subprocess.CalledProcessError as error:
            raise AssertionError(f"the cut at {position} of {folder}, {fates}: {error}") from None
        accepted = sum(1 for letter in notes.letters.values() if letter.accepted <= position)
        at_stake += accepted
        print(f"{recorded.kind} cut {i} at {position} of {end}: {accepted} accepted, {len(verdict.present)} there; "
              f"writes in the disk's cache: {fates} ({time.monotonic() - started:.1f} s)", flush=True)
        assert not verdict.problems, "\n  ".join([f"the cut at {position} of {folder}:", *verdict.problems[:20]])
        if i == goes_on:
            following = verdict.notes_for_the_next()
    return at_stake, following


def forget(recorded, folder):
    """The control: a disk that has in truth written nothing since some moment, whatever it answered to flushes."""
    chance, begin, end = random.Random(f"{recorded.seed}/control"), recorded.ready, recorded.end
    last = chance.randint(begin + (end - begin) // 4, begin + (end - begin) // 2)
    Recording(folder, SECTOR[recorded.kind]).leave(folder / "cut/image", last, last, chance)
    verdict = look(recorded, folder, end, {})
    letters = recorded.notes.letters.values()
    must = {letter.name for letter in letters if last <= letter.begun and letter.accepted < NEVER and letter.outside}
    may = {letter.name for letter in letters if last < letter.accepted < NEVER}
    print(f"{recorded.kind} control: of {len(may)} letters after its last flush {len(verdict.lost)} are missed")
    assert must and must <= verdict.lost <= may, (
        f"the control is not caught: {len(must)} must be lost, {len(may)} may be; first problems: {verdict.problems[:3]}")


def judge(recorded, folder, control):
    """What is left after a cut lies in memory, as nobody waits for anything there."""
    with mounted("tmpfs", "tmpfs", folder / "cut", f"size={2 * SIZE}"):
        result = cut(recorded, folder)
        if control:
            forget(recorded, folder)
        return result


def rounds(args, folder):
    """One load after the other until there were enough cuts; returns the letters at stake. Of three loads on a file
    system the first is that of a new house, and each other goes on where the one before has been cut."""
    kinds, at_stake = [], 0
    for kind in MAKE:
        if reason := make_file_system(kind, folder / kind):
            print(f"skipped: {reason}")
        else:
            kinds.append(kind)
        shutil.rmtree(folder / kind)
    following = dict.fromkeys(kinds)
    for number, first in enumerate(range(0, args.cuts if kinds else 0, CUTS_A_LOAD)):
        kind, turn = kinds[number % len(kinds)], number // len(kinds)
        disk, before = folder / f"{kind}-{number}", following[kind] if turn % 3 else None
        if before:
            disk.mkdir()
            (folder / f"{kind}.next").rename(disk / "image")
        else:
            make_file_system(kind, disk)
        recorded = record(kind, disk, args.letters, f"{args.seed}/{number}", number, before)
        recorded.cuts = min(CUTS_A_LOAD, args.cuts - first)
        (disk / "recorded").write_bytes(pickle.dumps(recorded))
        stake, following[kind] = judge(recorded, disk, control=turn == 0)
        at_stake += stake
        (disk / "next").rename(folder / f"{kind}.next")
        shutil.rmtree(disk)
    return at_stake


def inside(args):
    """Runs alone in its namespaces."""
    if args.again:
        recorded = pickle.loads((args.again / "recorded").read_bytes())
        at_stake, _ = judge(recorded, args.again, control=False)
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
        disks = " or ".join(str(path.parent) for path in folder.glob("*/recorded"))
        print(f"FAILED: seed {args.seed}; kept: {folder}; the same cuts once more: --again {disks}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--letters", type=int, default=200, help="of a load, which is cut five times")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--again", type=pathlib.Path, metavar="DISK", help="a disk that a failed run has kept")
    parser.add_argument("--inside", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    return inside(args) if args.inside else outside(args)


if __name__ == "__main__":
    sys.exit(main())
