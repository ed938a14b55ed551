#!/usr/bin/env python3
"""The log: whoever reads it cannot stop the house, whoever is in it cannot forge it, and it tells what became of each letter."""
import base64
import os
import pathlib
import poplib
import re
import shutil
import smtplib
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

from dialogue import Dialogue
from posthouse_server import PATIENCE, Posthouse

FILTER = pathlib.Path(__file__).resolve().parents[2] / "packaging/fail2ban/posthouse.conf"
LOGROTATE = shutil.which("logrotate", path=os.environ.get("PATH", "") + ":/usr/sbin")
# What fail2ban's server/failregex.py makes of <ADDR>, names of hosts left out.
ADDR = r"(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})|\[?(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))\]?)"


class PipedHouse(Posthouse):
    """A server whose log goes into a pipe."""

    def launch(self, command, log):
        self.reader, writer = os.pipe()
        try:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writer, text=True)
        finally:
            os.close(writer)

    def log_lines(self):
        """The lines as they come, until the server has ended."""
        with open(self.reader, "rb") as log:
            yield from (line.decode("utf-8", "replace") for line in log)


def fill(server):
    """Far more lines than a pipe holds: each refused recipient is one, each command three. (Of a user: strangers who guess
    are held back.)"""
    with Dialogue(server.address("submission")) as c:
        c.reply()
        c.ask("EHLO test")
        assert c.ask("AUTH PLAIN AGFubkBvbmUudGVzdABzZWNyZXQ=").startswith("235")
        c.ask("MAIL FROM:<ann@one.test>")
        for _ in range(5):
            c.send("RCPT TO:<nobody@one.test>\r\n" * 100)
            for _ in range(100):
                assert c.reply().startswith("550 5.1.1"), "refused in the usual way"


class Reader(unittest.TestCase):
    def house(self):
        server = PipedHouse("one.test", {"ann": "secret"}, listen=("smtp", "submission", "pop3"), options=["--insecure-auth", "--log-level", "trace"])
        self.addCleanup(server.__exit__, None, None, None)
        return server.start()

    def assert_serves(self, server):
        with smtplib.SMTP(*server.address("smtp"), timeout=PATIENCE) as client:
            client.sendmail("a@load.test", ["ann@one.test"], "Subject: x\r\n\r\nyes\r\n")
        box = poplib.POP3(*server.address("pop3"), timeout=PATIENCE)
        box.user("ann@one.test")
        box.pass_("secret")
        self.assertEqual(box.stat()[0], 1)
        box.quit()

    def test_who_does_not_read(self):
        server = self.house()
        fill(server)
        self.assert_serves(server)
        self.assertEqual(server.stop(), 0)
        os.close(server.reader)

    def test_who_comes_back(self):
        server = self.house()
        for _ in range(30):  # more than the queue holds
            fill(server)
        process, dropped, held_back, line = server.process, 0, 0, ""
        for line in server.log_lines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\S+ (trace|debug|info|warning|error) .*\n$", "a whole line")
            if re.search(r" warning [1-9]\d* lines dropped: ", line):
                dropped += 1
                process.terminate()
            held_back += len(re.findall(r' warning lines held back event="refused recipient" lines=[1-9]', line))
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        self.assertGreater(dropped, 0)
        self.assertGreater(held_back, 0)
        self.assertTrue(line.endswith(" info stopped\n"), line)

    def test_who_is_gone(self):
        server = self.house()
        os.close(server.reader)
        server.process.stdout.close()
        fill(server)
        self.assert_serves(server)
        process = server.process
        process.terminate()
        self.assertEqual(process.wait(timeout=PATIENCE), 0)


class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        rules = pathlib.Path(folder.name) / "posthouse.toml"
        rules.write_text('[limits]\nlogin_penalty = "0s"\n')
        cls.server = Posthouse("one.test", {"ann": "secret"},
                               options=["--config", rules, "--insecure-auth", "--max-message-size", "70000"])
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def line(self, pattern):
        """The one line that matches, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.findall(rf"(?m)^\S+ {pattern}", self.server.log())):
            self.assertLess(time.monotonic(), deadline, pattern + "\n" + self.server.log())
            with Dialogue(self.server.address("smtp")) as c:  # the log is written behind the session: another one passes
                c.reply()
                c.ask("QUIT")
        return found[0]

    def test_nobody_forges_a_peer(self):
        forged = 'root peer=203.0.113.9:4444 mechanism=PLAIN', 'x" peer=203.0.113.9:4444 y="', "x\\\" peer=203.0.113.9:4444", \
            "warning login failed peer=203.0.113.9:4444 protocol=smtp"
        for name in forged:
            with Dialogue(self.server.address("submission"), PATIENCE) as c:
                c.reply()
                c.ask("EHLO peer=203.0.113.9:4444")
                self.assertTrue(c.ask("AUTH PLAIN " + base64.b64encode(f"\0{name}\0guess".encode()).decode()).startswith("535"))
            with Dialogue(self.server.address("pop3"), PATIENCE) as c:
                c.reply()
                c.ask("USER " + name)
                self.assertTrue(c.ask("PASS guess").startswith("-ERR [AUTH]"))
        with Dialogue(self.server.address("smtp")) as c:
            c.reply()
            c.ask("EHLO test")
            c.ask("MAIL FROM:<a@load.test>")
            self.assertTrue(c.ask('RCPT TO:<"x peer=203.0.113.9:4444"@two.test>').startswith("550"))
            self.assertTrue(c.ask('RCPT TO: warning login failed peer=203.0.113.9:4444 protocol=smtp').startswith("501"))
        self.line("info refused recipient peer=.*reply=\"501")
        expressions = re.search(r"(?m)^failregex = (.*)$", FILTER.read_text()).group(1)
        found = [re.search(expressions.replace("<ADDR>", ADDR), line) for line in self.server.log().splitlines()]
        found = [match.group("ip4") for match in found if match]
        self.assertEqual(found, ["127.0.0.1"] * (2 * len(forged)))
        for line in self.server.log().splitlines():
            if " peer=" in line:
                self.assertRegex(line, r"^\S+ \w+ [A-Za-z ]+ peer=127\.0\.0\.1:\d+", "the peer comes first")

    def test_a_line_for_everything_refused(self):
        with Dialogue(self.server.address("smtp")) as c:
            c.reply()
            c.ask("EHLO test")
            c.ask("MAIL FROM:<>")
            c.ask("RCPT TO:<ghost@one.test>")
            self.line(r'info refused recipient peer=\S+ from=<> to=ghost@one.test reply="550 5.1.1 ')
            c.ask("RCPT TO:<me@two.test>")
            self.line(r'info refused recipient peer=\S+ from=<> to=me@two.test reply="550 5.7.1 ')
            c.ask("RCPT TO:<ann@one.test>")
            c.ask("DATA")
            c.send("Subject: x\r\n\r\na\nb\r\n.\r\n")
            self.assertTrue(c.reply().startswith("550 5.6.11"))
            self.line(r'info refused message peer=\S+ from=<> to=ann@one.test recipients=1 reply="550 5.6.11 ')
            c.ask("MAIL FROM:no address")
            self.line(r'info refused sender peer=\S+ from="FROM:no address" reply="501 5.1.7 ')
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as client:
            client.login("ann@one.test", "secret")
            client.mail("boss@one.test")
            self.line(r'info refused sender peer=\S+ user=ann@one.test from=boss@one.test reply="553 5.7.1 ')
        with socket.create_connection(self.server.address("submissions"), timeout=PATIENCE) as client:
            client.sendall(b"EHLO this is no TLS\r\n" * 10)
            client.recv(1000)
        self.line(r"info TLS failed peer=\S+ protocol=submissions error=")
        with socket.create_connection(self.server.address("pop3s"), timeout=PATIENCE) as client:
            client.sendall(b"CAPA this is no TLS\r\n" * 10)
            client.recv(1000)
        self.line(r"info TLS failed peer=\S+ protocol=pop3s error=")

    def test_an_accepted_letter_is_found(self):
        recipients = ["ann@one.test"] * 60
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as client:
            client.sendmail("a@load.test", recipients, "Message-ID: <this@load.test>\r\n\r\nx\r\n")
        line = self.line(r"info accepted peer=\S+ id=(\w+ message=\d+) message_id=<this@load.test> from=a@load.test "
                         r"(?:to=ann@one.test ){50}recipients=60 mailboxes=1 queued=0 size=\d+ ms=")
        self.line(rf"info accepted for more id={line}( to=ann@one.test){{10}}$")
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as client:
            client.login("ann@one.test", "secret")
            client.sendmail("ann@one.test", ["ann@one.test"], "Subject: no id\r\n\r\nx\r\n")
        self.line(r"info accepted peer=\S+ id=\w+ message=\d+ message_id=<[^>]+@mail.one.test> from=ann@one.test "
                  r"to=ann@one.test recipients=1 mailboxes=1 queued=0 size=\d+ user=ann@one.test ms=")

    def test_what_expires_says_so(self):
        options = ["--insecure-auth", "--route", "two.test=127.0.0.1:1", "--retry-initial", "0.1s", "--expire", "0.5s"]
        with Posthouse("one.test", {"ann": "secret"}, options=options) as server:
            self.server, whole = server, self.server
            self.addCleanup(setattr, self, "server", whole)
            with smtplib.SMTP(*server.address("submission"), timeout=PATIENCE) as client:
                client.login("ann@one.test", "secret")
                client.sendmail("ann@one.test", ["hong@two.test"], "Subject: x\r\n\r\nx\r\n")
            self.line(r"info failed recipient_id=\d+ message=\d+ from=ann@one.test to=hong@two.test .*status=5\.\S+ reason=expired ")

    def test_the_database_in_trouble(self):
        with Posthouse("one.test", {"ann": "secret"}, options=["--insecure-auth"]) as server:
            self.server, whole = server, self.server
            self.addCleanup(setattr, self, "server", whole)
            database = sqlite3.connect(server.data / "posthouse.db", timeout=PATIENCE)
            database.execute("ALTER TABLE account RENAME TO away")
            with Dialogue(server.address("smtp")) as c:
                c.reply()
                c.ask("EHLO test")
                c.ask("MAIL FROM:<>")
                self.assertTrue(c.ask("RCPT TO:<ann@one.test>").startswith("451"))
            self.line(r'error trouble peer=127\.0\.0\.1:\d+ with=recipient error="')
            with Dialogue(server.address("submission"), PATIENCE) as c:
                c.reply()
                c.ask("EHLO test")
                self.assertTrue(c.ask("AUTH PLAIN AGFubkBvbmUudGVzdABzZWNyZXQ=").startswith("454"))
            self.line(r'error login impossible peer=127\.0\.0\.1:\d+ protocol=smtp user=ann@one.test error="')
            database.execute("ALTER TABLE away RENAME TO account")
            database.execute("ALTER TABLE mailbox_chunk RENAME TO away")
            with Dialogue(server.address("pop3"), PATIENCE) as c:
                c.reply()
                c.ask("USER ann@one.test")
                self.assertTrue(c.ask("PASS secret").startswith("-ERR [SYS/TEMP]"))
            self.line(r'error maildrop trouble peer=127\.0\.0\.1:\d+ user=ann@one.test with=open error="')
            database.execute("ALTER TABLE away RENAME TO mailbox_chunk")
            database.close()


class Packaged(unittest.TestCase):
    """What the package gives to fail2ban and logrotate, tried by themselves."""

    @unittest.skipUnless(shutil.which("fail2ban-regex"), "fail2ban-regex is not installed")
    def test_fail2ban_finds_who_guesses_and_nobody_else(self):
        for form in "text", "journald":
            with self.subTest(form), tempfile.TemporaryDirectory() as folder:
                rules = pathlib.Path(folder) / "posthouse.toml"
                rules.write_text(f'log_format = "{form}"\n[limits]\nlogin_penalty = "0s"\n')
                server = Posthouse("one.test", {"ann": "secret"}, options=["--config", rules, "--insecure-auth"])
                self.addCleanup(server.__exit__, None, None, None)
                server.start()
                for name in "ann@one.test", "root peer=203.0.113.9:4444 protocol=smtp", "x login failed peer=203.0.113.9:4444 protocol=":
                    with Dialogue(server.address("submission"), PATIENCE) as c:
                        c.reply()
                        c.ask("EHLO test")
                        self.assertTrue(c.ask("AUTH PLAIN " + base64.b64encode(f"\0{name}\0guess".encode()).decode()).startswith("535"))
                server.stop()
                lines = server.log().splitlines()
                if form == "journald":  # the journal takes the priority off, and knows who says it
                    lines = [re.sub(r"^<\d>", "mail posthouse[77]: ", line) for line in lines]
                log = server.data / "log"
                log.write_text("\n".join(lines) + "\n")
                done = subprocess.run(["fail2ban-regex", "--out", "ip", log, FILTER], capture_output=True, text=True, timeout=PATIENCE)
                self.assertEqual(done.stdout.split(), ["127.0.0.1"] * 3, done.stdout + done.stderr)

    @unittest.skipUnless(LOGROTATE, "logrotate is not installed")
    def test_logrotate_takes_its_file(self):
        with tempfile.TemporaryDirectory() as folder:
            log, rules = pathlib.Path(folder) / "posthouse.log", pathlib.Path(folder) / "rules"
            log.write_text("ready\n")
            os.chmod(folder, 0o700)
            rules.write_text((FILTER.parents[1] / "posthouse.logrotate").read_text().replace("/var/log/posthouse.log", str(log)))
            subprocess.run([LOGROTATE, "--force", "--state", pathlib.Path(folder) / "state", rules], check=True, timeout=PATIENCE)
            self.assertEqual(log.read_text(), "")
            self.assertEqual((log.parent / "posthouse.log.1").read_text(), "ready\n")


if __name__ == "__main__":
    unittest.main()
