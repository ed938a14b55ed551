#!/usr/bin/env python3
"""What the commands say to whoever mistypes, asks for help, or is about to lose mail."""
import json
import os
import pty
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE, run


class Usage(unittest.TestCase):
    def refused(self, *words):
        done = run(*words, check=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_what_is_wrong_is_named_with_what_is_near(self):
        self.assertIn("posthouse: there is no command 'serv'; did you mean 'serve'?", self.refused("serv"))
        self.assertIn("'bogus'; the commands are serve, quickstart, domain", self.refused("bogus"))
        self.assertIn("posthouse account: there is no command 'ad'; did you mean 'add'?", self.refused("account", "ad", "x"))
        self.assertIn("a command is missing; the commands are add", self.refused("account"))
        self.assertIn("no option '--subjekt'; did you mean '--subject'?", self.refused("send", "--subjekt=x"))
        self.assertIn("no option '--jsno'; did you mean '--json'?", self.refused("show", "--jsno", "x"))
        self.assertIn("'x' is one argument too many", self.refused("check", "x"))
        self.assertIn("posthouse account add: ADDRESS is required", self.refused("account", "add"))
        self.assertIn("--loops", self.refused("serve", "--loops", "0"))
        self.assertIn(r"'a\x1B[31m'", self.refused("a\x1b[31m"))
        self.assertIn("Usage: posthouse", self.refused())

    def test_help_is_in_plain_words(self):
        commands = [[], ["serve"], ["domain"], ["domain", "add"], ["account"], ["account", "remove"], ["account", "show"],
                    ["sessions"], ["alias", "add"], ["queue"], ["queue", "list"], ["queue", "show"], ["queue", "fail"], ["queue", "wait"], ["check"], ["dkim"], ["dkim", "check"], ["dkim", "list"], ["dkim", "rotate"], ["dkim", "retire"], ["send"], ["sendmail"], ["receive"], ["import"],
                    ["export"], ["sync"], ["show"], ["auth"], ["auth", "verify"], ["auth", "spf"], ["dmarc"],
                    ["dmarc", "report"], ["tlsrpt"]]
        for command in commands:
            text = run(*command, "--help").stdout
            self.assertIn("Usage: " + " ".join(["posthouse", *command]), text)
            for notation in ("UINT", "TEXT:", ":FILE", "POSITIVE", "Excludes", "REQUIRED", "[Option Group"):
                self.assertNotIn(notation, text, command)

    def test_an_account_is_removed_by_who_means_it(self):
        with tempfile.TemporaryDirectory() as data:
            place = ["--data", data]
            run("domain", "add", *place, "one.test")
            run("account", "add", *place, "ann@one.test", "--password-stdin", stdin="a secret of words\n")
            run("alias", "add", *place, "info@one.test", "ann@one.test")
            self.assertIn("--yes", self.refused("account", "remove", *place, "ann@one.test"))
            self.assertEqual(self.answered("n\n", "account", "remove", *place, "ann@one.test"), 1)
            self.assertIn("ann@one.test", run("account", "list", *place).stdout)
            self.assertEqual(self.answered("yes\n", "account", "remove", *place, "ann@one.test"), 0)
            self.assertEqual(run("account", "list", *place).stdout, "")
            self.assertEqual(run("alias", "list", *place).stdout, "")

    def test_an_account_has_limits(self):
        with tempfile.TemporaryDirectory() as data:
            place = ["--data", data]
            run("domain", "add", *place, "one.test")
            run("account", "add", *place, "ann@one.test", "--password-stdin", stdin="a secret of words\n")
            self.assertEqual(run("account", "quota", *place, "ann@one.test").stdout, "ann@one.test: 0, 0 messages\n")
            said = run("account", "quota", *place, "ann@one.test", "--size", "2GiB", "--messages", "1000").stdout
            self.assertEqual(said, "ann@one.test: 0 of 2GiB, 0 of 1000 messages\n")
            said = run("account", "quota", *place, "ann@one.test", "--size", "none", "--json").stdout
            self.assertEqual(json.loads(said), {"octets": 0, "octet_limit": 0, "messages": 0, "message_limit": 1000})
            refusal = self.refused("account", "quota", *place, "ann@one.test", "--size", "lots")
            self.assertIn("--size: 'lots' is neither", refusal)
            said = run("account", "limits", *place, "ann@one.test", "--sent-per-hour", "10", "--json").stdout
            self.assertEqual(json.loads(said)["sent-per-hour"], {"used": 0, "limit": 10})
            self.assertIn("--sent-per-day: 'x' is neither", self.refused("account", "limits", *place, "ann@one.test", "--sent-per-day", "x"))

    def test_passwords_of_programs(self):
        with tempfile.TemporaryDirectory() as data:
            place = ["--data", data]
            run("domain", "add", *place, "one.test")
            run("account", "add", *place, "ann@one.test", "--password-stdin", stdin="a secret of words\n")
            password = run("account", "app-password", "add", *place, "ann@one.test", "phone", "--rights", "read").stdout
            self.assertRegex(password, r"^([a-z2-9]{6}-){3}[a-z2-9]{6}\n$")
            said = json.loads(run("account", "app-password", "list", *place, "ann@one.test", "--json").stdout)
            self.assertEqual([(one["name"], one["rights"]) for one in said], [("phone", "read")])
            run("account", "app-password", "remove", *place, "ann@one.test", "phone")
            self.assertEqual(run("account", "app-password", "list", *place, "ann@one.test").stdout, "")

    def test_lists_have_members(self):
        with tempfile.TemporaryDirectory() as data:
            place = ["--data", data]
            run("domain", "add", *place, "one.test")
            run("list", "add", *place, "team@one.test", "--owner", "ann@one.test", "bob@one.test", "--post", "members")
            said = run("list", "members", "add", *place, "team@one.test", "bob@one.test", "eve@two.test").stdout
            self.assertIn("added 1 member to", said)
            run("list", "members", "remove", *place, "team@one.test", "bob@one.test")
            said = json.loads(run("list", "show", *place, "team@one.test", "--json").stdout)
            self.assertEqual(said, {"address": "team@one.test", "owner": "ann@one.test", "post": "members", "members": ["eve@two.test"]})
            run("list", "remove", *place, "team@one.test")
            self.assertEqual(run("list", "show", *place).stdout, "")

    def answered(self, answer, *words):
        ours, terminal = pty.openpty()
        with subprocess.Popen([BINARY, *words], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.write(ours, answer.encode())
            process.communicate(timeout=PATIENCE)
        os.close(ours)
        os.close(terminal)
        return process.returncode


if __name__ == "__main__":
    unittest.main(verbosity=2)
