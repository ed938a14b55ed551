#!/usr/bin/env python3
"""Sessions whose account another process disables, removes or gives another password: they end at the next message or
command, whatever the database, and those of others go on."""
import base64
import time
import unittest

import mariadb
from dialogue import Dialogue
from posthouse_server import PATIENCE, Posthouse, run

CHANGES = {
    "passwd": (["account", "passwd"], ["--password-stdin"], "another\n"),
    "disable": (["account", "disable"], [], None),
    "remove": (["account", "remove"], ["--yes"], None),
}


def submission(server, user):
    session = Dialogue(server.address("submission"))
    session.reply()
    session.ask("EHLO test")
    proof = base64.b64encode(f"\0{user}@one.test\0secret".encode()).decode()
    assert session.ask(f"AUTH PLAIN {proof}").startswith("235")
    return session


def pop3(server, user):
    session = Dialogue(server.address("pop3"))
    session.reply()
    session.ask(f"USER {user}@one.test")
    assert session.ask("PASS secret").startswith("+OK")
    return session


class Revoking(unittest.TestCase):
    def revoke(self, server):
        for name, (command, options, text) in CHANGES.items():
            with self.subTest(name), submission(server, name) as sender, pop3(server, name) as reader, \
                    submission(server, "bob") as other:
                self.assertRegex(sender.ask(f"MAIL FROM:<{name}@one.test>"), "^250")
                self.assertRegex(sender.ask("RSET"), "^250")
                self.assertRegex(reader.ask("STAT"), r"^\+OK")
                run(*command, *server.place, f"{name}@one.test", *options, stdin=text)
                self.assertRegex(sender.ask(f"MAIL FROM:<{name}@one.test>"), "^421 4.7.0")
                self.assertEqual(sender.reply(), "")
                # What the server knows of the log-in may be some milliseconds old.
                until = time.monotonic() + PATIENCE
                while (answer := reader.ask("STAT")).startswith("+OK") and time.monotonic() < until:
                    pass
                self.assertRegex(answer, r"^-ERR \[AUTH\]")
                self.assertEqual(reader.reply(), "")
                self.assertRegex(other.ask("MAIL FROM:<bob@one.test>"), "^250")

    def serve(self, **place):
        with Posthouse("one.test", {user: "secret" for user in [*CHANGES, "bob"]}, listen=("submission", "pop3"),
                       options=["--insecure-auth"], **place) as server:
            self.revoke(server)

    def test_on_sqlite(self):
        self.serve()

    @unittest.skipUnless(mariadb.available(), "the package mariadb-server is not installed")
    def test_on_mariadb(self):
        with mariadb.MariaDB() as database:
            self.serve(database=database.new_database())


if __name__ == "__main__":
    unittest.main()
