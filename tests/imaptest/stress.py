#!/usr/bin/env python3
"""The real ImapTest against a house, in each of its modes, where one is given.

    POSTHOUSE_IMAPTEST=/path/of/imaptest stress.py [--seconds N] [--clients N] [--mariadb] [MODE…]

Many clients do at random what clients do, on one mailbox, and ImapTest compares what each is told with what it knows. Status 0:
it found nothing, the house found nothing wrong in its data afterwards, and it grew no larger than BOUND.
"""
import argparse
import contextlib
import imaplib
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import mariadb
from posthouse_server import PATIENCE, Posthouse

EVERYTHING = ["append=100,10", "fetch2=100,30", "search=30", "sort=30", "thread=30", "move=20,10", "copy=33,5", "noop=30",
              "uidfetch=30", "status=50", "list=50", "mcreate=20", "mdelete=20", "msubs=20", "disconnect=5"]
# Not tried: IDLE, which it has in scripts alone; "random", in which it does not end; COMPRESS, after which it never selects.
MODES = {
    "stress": [],
    "everything": [*EVERYTHING],
    "checkpoint": ["checkpoint=1"],
    "checkpoint-everything": ["checkpoint=1", "noop=50", "search=30", "move=20,10", "append=100,10"],
    "own-messages": ["own_msgs", "checkpoint=1"],
    "own-flags": ["own_flags", "checkpoint=1"],
    "qresync": ["qresync", "noop=50", "move=20,10", "disconnect=20", "search=20"],
    "qresync-checkpoint": ["qresync", "checkpoint=1", "noop=30"],
    "rev2": ["imap4rev2", *[word for word in EVERYTHING if not word.startswith("search")]],  # it knows no ESEARCH there
    "one-at-a-time": ["no_pipelining", "qresync", *EVERYTHING],
    "several-accounts": ["users=3", *EVERYTHING],
}
FINDING = re.compile(r"(?i)\b(error|fatal|panic|warning|assert|stalled for|disconnected)\b")
BOUND = 400  # MiB resident
EXPLAINED = [  # what ImapTest says though nothing is wrong
    # Who stores flags in a message that another has expunged hears that it has gone, and not what its flags would be.
    re.compile(r"STORE didn't (return FETCH FLAGS|update .*) for seq .* OK \[EXPUNGEISSUED\]"),
]
OWN_FAULTS = [  # of ImapTest, which ends by them: the mode is not over, but what it found until then counts
    re.compile(r"Panic: file client-state\.c: .*\(client_update_plan\): assertion failed"),  # a checkpoint met a client without log-in
]


def letters(path):
    """An mbox of some letters, with parts and without."""
    chance = random.Random(1)
    with open(path, "w", newline="") as out:
        for number in range(40):
            head = (f"From sender@elsewhere.test Mon Feb {number % 27 + 1:2} 21:52:25 2025\r\n"
                    f"From: Sender {number} <sender{number}@elsewhere.test>\r\nTo: ann@one.test\r\nDate: Mon, {number % 27 + 1} Feb 2025 "
                    f"21:52:25 +0000\r\nMessage-ID: <{number}@elsewhere.test>\r\nSubject: {chance.choice(('Re: ', ''))}letter {number // 3}\r\n")
            if number % 3 == 1:
                head += f"In-Reply-To: <{number - 1}@elsewhere.test>\r\nReferences: <{number - 1}@elsewhere.test>\r\n"
            text = "".join(" ".join(chance.choice(("house", "letter", "stamp", "road", "Größe")) for _ in range(9)) + "\r\n"
                           for _ in range(chance.randrange(1, 60)))
            if number % 4 == 3:
                out.write(head + 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n' + text
                          + "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n\r\n")
            else:
                out.write(head + "\r\n" + text + "\r\n")


def resident(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--messages", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--mariadb", action="store_true")
    parser.add_argument("--rawlog", action="store_true", help="keep what each connection said, in the folder of the run")
    parser.add_argument("modes", nargs="*", metavar="MODE", help=", ".join(MODES))
    args = parser.parse_args()
    program = os.environ.get("POSTHOUSE_IMAPTEST")
    if not program:
        return print("skipped: POSTHOUSE_IMAPTEST does not name a built imaptest")
    if args.mariadb and not mariadb.available():
        return print("skipped: the package mariadb-server is not installed")
    if wrong := set(args.modes) - MODES.keys():
        parser.error(f"no such mode: {' '.join(sorted(wrong))}")
    with mariadb.MariaDB() if args.mariadb else contextlib.nullcontext() as database:
        results = [play(args, database, pathlib.Path(program).resolve(), mode) for mode in args.modes or MODES]
    return 0 if all(results) else 1


def play(args, database, program, mode):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"posthouse-imaptest-{mode}-"))
    letters(folder / "mbox")
    users = {f"test{number}": "secret" for number in range(1, 4)}
    where = database and database.new_database()
    with Posthouse(domain="one.test", users=users, listen=("imap",), options=["--insecure-auth"], database=where) as server:
        for user in users:
            with imaplib.IMAP4(*server.address("imap")) as session:
                session.login(f"{user}@one.test", "secret")
                session.create("copies")
                # Keywords that are there belong to a client from the beginning; new ones are anybody's until all have seen them.
                session.append("INBOX", "($Label1 $Label2 $Label3 $Label4 $Label5)", None, b"Subject: keywords\r\n\r\nx\r\n")
        command = [program, "host=127.0.0.1", f"port={server.ports['imap']}", "user=test%d@one.test", "users=1", "pass=secret",
                   f"mbox={folder}/mbox", f"clients={args.clients}", f"msgs={args.messages}", f"secs={args.seconds}",
                   f"seed={args.seed}", "copybox=copies", *MODES[mode], *(["rawlog"] if args.rawlog else [])]
        with open(folder / "output", "w+b") as output:
            try:
                status = subprocess.run(list(map(str, command)), cwd=folder, stdout=output, stderr=output,
                                        timeout=args.seconds + PATIENCE).returncode
            except subprocess.TimeoutExpired:
                status = "it did not end"
            output.seek(0)
            said = output.read().decode(errors="replace").splitlines()
        own_fault = next((line for line in said if any(fault.search(line) for fault in OWN_FAULTS)), None)
        found = [line for line in said if FINDING.search(line) and not any(known.search(line) for known in EXPLAINED)]
        if own_fault:
            found = [line for line in found if line != own_fault and "Raw backtrace" not in line]
        size = resident(server)
        ended = server.stop()
        found += [line for line in server.log().splitlines() if " error " in line or " critical " in line]
        if problems := server.check():
            found.append(f"check: {problems}")
        if ended != 0:
            found.append(f"the house ended with status {ended}")
    if size > BOUND:
        found.append(f"the house grew to {size} MiB")
    if own_fault:
        print(f"{mode}: ended by a fault of ImapTest's own: {own_fault}")
    elif status != 0 and not found:
        found.append(f"imaptest ended with status {status}: {said[-3:]}")
    counts = [" ".join(line.split()) for line in said if re.match(r"\s*\d+ +\d+ +\d+", line)][-1:]
    print(f"{mode} (seed {args.seed}, {size} MiB): {'; '.join(counts) or 'no count'}", flush=True)
    for line in found[:20]:
        print(f"FAILED: {line}", flush=True)
    if found:
        print(f"kept in {folder}; {len(found)} findings", flush=True)
    return not found


if __name__ == "__main__":
    sys.exit(main())
