#!/usr/bin/env python3
"""posthouse sessions and posthouse account show: who is there, and who was."""
import imaplib
import json
import ssl
import tempfile
import unittest

from posthouse_server import PATIENCE, Posthouse, run


class Sessions(unittest.TestCase):
    def setUp(self):
        self.server = Posthouse(users={"ann": "secret"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.place = ["--data", self.server.data]

    def logged_in(self, name):
        session = imaplib.IMAP4_SSL("127.0.0.1", self.server.ports["imaps"], timeout=PATIENCE,
                                    ssl_context=ssl.create_default_context(cafile=self.server.certificate))
        session.login("ann@one.test", "secret")
        session.xatom("ID", f'("name" "{name}" "version" "2")')
        return session

    def sessions(self):
        return json.loads(run("sessions", *self.place, "--json").stdout)

    def test_sessions_are_listed_and_ended(self):
        one, two = self.logged_in("One"), self.logged_in("Two")
        one.select("INBOX")
        there = {session["client"]: session for session in self.sessions()}
        self.assertEqual(set(there), {"One 2", "Two 2"})
        self.assertEqual({key: there["One 2"][key] for key in ("protocol", "account", "tls", "state")},
                         {"protocol": "imaps", "account": "ann@one.test", "tls": "TLSv1.3", "state": "selected INBOX"})
        self.assertIn("authenticated", run("sessions", *self.place).stdout)
        number = str(there["One 2"]["id"])
        self.assertEqual(run("sessions", *self.place, "--end", number).stdout, f"ended session {number}\n")
        with self.assertRaises(imaplib.IMAP4.abort):
            one.noop()
        two.logout()
        done = run("sessions", *self.place, "--end", "4711", check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("there is no session 4711", done.stderr)

    def test_an_account_is_shown_with_its_log_ins(self):
        self.logged_in("One").logout()
        run("alias", "add", *self.place, "info@one.test", "ann@one.test")
        self.server.stop()
        shown = json.loads(run("account", "show", *self.place, "ann@one.test", "--json").stdout)
        self.assertEqual((shown["address"], shown["enabled"], shown["messages"], shown["aliases"]),
                         ("ann@one.test", True, 0, ["info@one.test"]))
        self.assertIn("INBOX", [mailbox["name"] for mailbox in shown["mailboxes"]])
        self.assertEqual([(log_in["protocol"], log_in["client"], log_in["peer"]) for log_in in shown["log_ins"]],
                         [("imap", "One 2", "127.0.0.1")])
        text = run("account", "show", *self.place, "ann@one.test").stdout
        self.assertIn("alias info@one.test\n", text)
        self.assertRegex(text, r"log-in \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ imap from 127\.0\.0\.1 by One 2\n")
        self.assertEqual(run("account", "show", *self.place, "eve@one.test", check=False).returncode, 1)


class NoServer(unittest.TestCase):
    def test_that_none_runs_is_said(self):
        with tempfile.TemporaryDirectory() as data:
            done = run("sessions", "--data", data, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"posthouse: no server runs on the folder {data}", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
