#!/usr/bin/env python3
"""Kills both servers at random while mail is relayed from the first to the second: nothing accepted is lost. What is
doubled is counted: it can only come from a kill between the second server's 250 and the first one's record of it."""
import argparse
import random
import sys

from load import Senders, count_arrivals, fetch_all
from posthouse_server import PATIENCE, Posthouse, run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    print(f"seed {args.seed}")
    chance = random.Random(args.seed)
    with Posthouse("two.test", {"hong": "secret"}, listen=("smtp", "pop3"), options=["--insecure-auth"]) as two, \
            Posthouse("one.test", {"ann": "secret"}, listen=("submission",), options=[
                "--insecure-auth", "--route", f"two.test=127.0.0.1:{two.ports['smtp']}", "--retry-initial", "0.2s"]) as one:
        senders = Senders(args.clients, one.ports["submission"], "hong@two.test", login=("ann@one.test", "secret"),
                          sizes=(400, 4096, 90_000))
        senders.start()
        for kill in range(args.kills):
            assert senders.wait_for(chance.randrange(1, 40), PATIENCE), "no message was accepted any more"
            senders.stopping.wait(chance.random() * 0.03)
            victim = chance.choice((one, two))
            victim.kill()
            victim.start()
        senders.stop()
        run("queue", "wait", "--data", one.data, "--timeout", f"{PATIENCE}s", check=False)
        left = one.queue()
        arrived = count_arrivals(fetch_all(two.ports["pop3"], "hong@two.test", "secret"))
        problems = []
        if left:
            problems.append(f"{len(left)} recipients still wait in the queue: {left[:2]}")
        if lost := senders.acknowledged - arrived.keys():
            problems.append(f"{len(lost)} acknowledged messages are lost: {sorted(lost)[:5]}")
        for server in (one, two):
            if (status := server.stop()) != 0:
                problems.append(f"the server of {server.domain} ended with status {status}")
            if report := server.check():
                problems.append(f"check of {server.domain}: {report}")
        doubled = sum(times - 1 for times in arrived.values())
        # A kill can double what was in transit: at the most every transfer open at that moment.
        if doubled > args.kills * 64:
            problems.append(f"{doubled} doubled is more than {args.kills} kills explain")
        print(f"{args.kills} kills, {len(senders.acknowledged)} acknowledged, {len(arrived)} arrived, {doubled} doubled "
              f"(between the peer's 250 and our record of it), {senders.errors} broken connections")
        for problem in problems:
            print("FAILED:", problem)
        assert not problems, f"seed {args.seed}; data kept in {one.data} and {two.data}"


if __name__ == "__main__":
    sys.exit(main())
