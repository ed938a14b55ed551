#!/usr/bin/env python3
"""The journey with one house on SQLite and one on MariaDB: letters go from a user of either to a user of the other, and
are there byte for byte; the house on MariaDB has its accounts, its queue and its mail there, and goes on when the
server has been started again under it."""
import smtplib
import sys

import mariadb
from posthouse_server import PATIENCE, Posthouse, run

sys.path.insert(0, str(__import__("pathlib").Path(__file__).parents[1] / "crash"))
from load import count_arrivals, fetch_all, make_message  # noqa: E402


def send(server, user, recipient, number, size):
    with smtplib.SMTP(*server.address("submission"), timeout=PATIENCE) as client:
        client.login(f"{user}@{server.domain}", "secret")
        client.sendmail(f"{user}@{server.domain}", [recipient], make_message(0, number, size))


def journey(database):
    options = ["--insecure-auth", "--retry-initial", "0.2s"]
    with Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "submission", "pop3"), options=options) as one:
        routes = ["--route", f"one.test=127.0.0.1:{one.ports['smtp']}"]
        with Posthouse("two.test", {"hong": "secret"}, listen=("smtp", "submission", "pop3"), options=options + routes,
                       database=database.new_database()) as two:
            one.stop()  # it learns where two.test is
            one.options += ["--route", f"two.test=127.0.0.1:{two.ports['smtp']}"]
            one.start()
            for number, size in enumerate((300, 20_000, 200_000)):  # the last is a file beside the database
                send(one, "ann", "hong@two.test", number, size)
                send(two, "hong", "ann@one.test", number, size)
            for house in (one, two):
                run("queue", "wait", *house.place, "--timeout", f"{PATIENCE}s")
            database.kill()
            try:
                send(two, "hong", "ann@one.test", 3, 300)
                raise AssertionError("a letter was accepted by a house without its database")
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refused:
                code = refused.smtp_code if isinstance(refused, smtplib.SMTPResponseException) else \
                    next(iter(refused.recipients.values()))[0]
                assert 400 <= code < 500, refused
            database.start()
            send(one, "ann", "hong@two.test", 4, 300)
            run("queue", "wait", *one.place, "--timeout", f"{PATIENCE}s")
            for house, user, numbers in ((one, "ann", (0, 1, 2)), (two, "hong", (0, 1, 2, 4))):
                arrived = count_arrivals(fetch_all(house.ports["pop3"], f"{user}@{house.domain}", "secret"))
                assert arrived == {b"0-%d" % number: 1 for number in numbers}, (house.domain, arrived)
                assert house.stop() == 0
                assert house.check() == "", house.check()
            assert not (two.data / "posthouse.db").exists()


def main():
    if not mariadb.available():
        return print("skipped: the package mariadb-server is not installed")
    with mariadb.MariaDB() as database:
        journey(database)


if __name__ == "__main__":
    sys.exit(main())
