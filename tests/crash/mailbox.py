#!/usr/bin/env python3
"""Kills the server at random moments while clients deliver, starts it again, and counts: every message that got its
250 is in the mailbox exactly once, byte for byte; one that got none is there once at the most; `check` finds nothing.
With --mariadb the mail is in a MariaDB server, and every other kill, at random, is that server's."""
import random
import sys

from campaign import run
from load import Senders, count_arrivals, fetch_all
from posthouse_server import PATIENCE, Posthouse


def campaign(args, database):
    chance = random.Random(args.seed)
    server = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "pop3"), options=["--insecure-auth"],
                       database=database and database.new_database())
    with server:
        senders = Senders(args.clients, server.ports["smtp"], "ann@one.test")
        senders.start()
        for kill in range(args.kills):
            # A kill comes after some acknowledged messages, and then at any point within the next ones.
            assert senders.wait_for(chance.randrange(1, 60), PATIENCE), "no message was accepted any more"
            senders.stopping.wait(chance.random() * 0.03)
            victim = chance.choice((server, database or server))
            victim.kill()
            victim.start()
        senders.wait_for(50, PATIENCE)
        senders.stop()
        arrived = count_arrivals(fetch_all(server.ports["pop3"], "ann@one.test", "secret"))
        status = server.stop()
        problems = []
        if status != 0:
            problems.append(f"the server ended with status {status}")
        if lost := senders.acknowledged - arrived.keys():
            problems.append(f"{len(lost)} acknowledged messages are lost: {sorted(lost)[:5]}")
        if doubled := [name for name, times in arrived.items() if times > 1]:
            problems.append(f"{len(doubled)} messages are there more than once: {doubled[:5]}")
        if strange := arrived.keys() - senders.attempted:
            problems.append(f"{len(strange)} messages nobody sent: {sorted(strange)[:5]}")
        if report := server.check():
            problems.append(f"check: {report}")
        print(f"{args.kills} kills, {len(senders.acknowledged)} acknowledged, {len(arrived)} in the mailbox "
              f"({len(arrived.keys() - senders.acknowledged)} without a 250), {senders.errors} broken connections")
        for problem in problems:
            print("FAILED:", problem)
        assert not problems, f"seed {args.seed}; data kept in {server.data}"


if __name__ == "__main__":
    sys.exit(run(__doc__, campaign, kills=30, clients=16))
