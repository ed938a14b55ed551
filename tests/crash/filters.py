#!/usr/bin/env python3
"""Kills the server at random moments while letters come in that a filter files, sends on and answers, starts it again, and counts:
every letter that got its 250 is in the filter's mailbox once and waits once to be sent on, one that got none is in both or in
neither, and the sender was answered once."""
import collections
import imaplib
import random
import subprocess
import sys

from campaign import run
from load import NAME, Senders
from posthouse_server import BINARY, PATIENCE, Posthouse

SCRIPT = b"""require ["fileinto", "copy", "vacation"];
redirect :copy "far@elsewhere.test"; vacation :addresses "ann@one.test" "I am away"; fileinto "Archive";
"""


def filed(port):
    """Name -> how often it is in the mailbox."""
    client = imaplib.IMAP4("127.0.0.1", port, timeout=PATIENCE)
    client.login("ann@one.test", "secret")
    client.select("Archive", readonly=True)
    _, answers = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (X-Number)])")
    client.logout()
    return collections.Counter(answer[1].strip()[len(NAME):] for answer in answers if isinstance(answer, tuple))


def campaign(args, database):
    chance = random.Random(args.seed)
    # Nothing listens on port 1: all that is sent on waits in the queue, where it can be counted.
    server = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "imap"), database=database and database.new_database(),
                       options=["--insecure-auth", "--route", "elsewhere.test=127.0.0.1:1", "--route", "load.test=127.0.0.1:1"])
    subprocess.run([BINARY, "sieve", "put", *map(str, server.place), "--activate", "ann@one.test", "main", "-"], input=SCRIPT,
                   check=True, timeout=PATIENCE)
    with server:
        senders = Senders(args.clients, server.ports["smtp"], "ann@one.test", sizes=(400, 20_000))
        senders.start()
        for _ in range(args.kills):
            assert senders.wait_for(chance.randrange(1, 20), PATIENCE), "no letter was accepted any more"
            senders.stopping.wait(chance.random() * 0.03)
            victim = chance.choice((server, database or server))
            victim.kill()
            victim.start()
        senders.wait_for(10, PATIENCE)
        senders.stop()
        arrived = filed(server.ports["imap"])
        server.stop()
        waiting = collections.Counter(row["to"] for row in server.queue())
        problems = []
        if lost := senders.acknowledged - arrived.keys():
            problems.append(f"{len(lost)} acknowledged letters are lost: {sorted(lost)[:5]}")
        if doubled := [name for name, times in arrived.items() if times > 1]:
            problems.append(f"{len(doubled)} letters are there more than once: {doubled[:5]}")
        if waiting["far@elsewhere.test"] != len(arrived):
            problems.append(f"{len(arrived)} letters are filed and {waiting['far@elsewhere.test']} sent on")
        if waiting["load@load.test"] != 1:
            problems.append(f"the sender was answered {waiting['load@load.test']} times")
        if report := server.check():
            problems.append(f"check: {report}")
        print(f"{args.kills} kills, {len(senders.acknowledged)} acknowledged, {len(arrived)} filed, {senders.errors} broken connections")
        for problem in problems:
            print("FAILED:", problem)
        assert not problems, f"seed {args.seed}; data kept in {server.data}"


if __name__ == "__main__":
    sys.exit(run(__doc__, campaign, kills=6, clients=6))
