#!/usr/bin/env python3
"""Hostile and broken SMTP clients: each gets the right reply, nothing of theirs is delivered that should not be, memory
stays bounded, and everybody else is served as before."""
import poplib
import re
import smtplib
import unittest

from dialogue import Dialogue
from posthouse_server import Posthouse

LIMIT = 2_000_000  # octets a message may have in these tests


class SmtpFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "submission", "pop3"),
                               options=["--insecure-auth", "--max-message-size", LIMIT])
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def setUp(self):
        self.before = self.count()

    def connect(self, kind="smtp"):
        return Dialogue(self.server.address(kind))

    def pop3(self):
        box = poplib.POP3(*self.server.address("pop3"))
        box.user("ann@one.test")
        box.pass_("secret")
        return box

    def count(self):
        box = self.pop3()
        number, _ = box.stat()
        box.quit()
        return number

    def assert_delivered(self, number):
        self.assertEqual(self.count() - self.before, number)

    def assert_others_are_served(self):
        before = self.count()
        with smtplib.SMTP(*self.server.address("smtp"), timeout=10) as client:
            client.sendmail("a@load.test", ["ann@one.test"], "Subject: still here\r\n\r\nyes\r\n")
        self.assertEqual(self.count(), before + 1)

    def memory_kib(self):
        with open(f"/proc/{self.server.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def test_over_long_command_line(self):
        with self.connect() as c:
            c.reply()
            c.send("NOOP " + "x" * 100_000 + "\r\n")
            self.assertRegex(c.reply(), "^500 5.5.[26]")
            self.assertRegex(c.ask("NOOP"), "^250")

    def test_a_line_without_end_is_not_collected(self):
        before = self.memory_kib()
        with self.connect() as c:
            c.reply()
            try:
                for _ in range(64):
                    c.send(b"x" * (1 << 20))
            except OSError:
                pass  # the server may well hang up
            self.assertLess(self.memory_kib() - before, 20_000)
        self.assert_others_are_served()

    def test_unknown_and_misplaced_commands(self):
        with self.connect() as c:
            c.reply()
            self.assertRegex(c.ask("XYZZY"), "^50[02] 5.5.[12]")
            self.assertRegex(c.ask("MAIL FROM:<a@load.test>"), "^503 5.5.1")
            self.assertRegex(c.ask("EHLO test"), "^250")
            self.assertRegex(c.ask("RCPT TO:<ann@one.test>"), "^503 5.5.1")
            self.assertRegex(c.ask("DATA"), "^503 5.5.1")
            self.assertRegex(c.ask("MAIL FROM:<a@load.test>"), "^250 2.1.0")
            self.assertRegex(c.ask("DATA"), "^(503|554) 5.5.1")
            self.assertRegex(c.ask("MAIL FROM:<a@load.test>"), "^503 5.5.1")
            self.assertRegex(c.ask("MAIL"), "^50[13] 5.5")
            self.assertRegex(c.ask("QUIT"), "^221")

    def test_wrong_addresses(self):
        with self.connect() as c:
            c.reply()
            c.ask("EHLO test")
            for path in ("a@load.test>", "<a@load.test", "<a@>", "<@load.test>", "<a b@load.test>", "<a@b@c>", "<" + "a" * 300 + "@load.test>"):
                self.assertRegex(c.ask(f"MAIL FROM:{path}"), "^(501|500) 5.[15].", path)
            c.ask("MAIL FROM:<>")
            self.assertRegex(c.ask("RCPT TO:<nobody@one.test>"), "^550 5.1.1")
            self.assertRegex(c.ask("RCPT TO:<x@elsewhere.test>"), "^550 5.7.1")
            self.assertRegex(c.ask("RCPT TO:<>"), "^501 5.1.3")
            self.assertRegex(c.ask("RCPT TO:<postmaster>"), "^250")

    def test_submission_wants_a_log_in_and_ones_own_address(self):
        with self.connect("submission") as c:
            c.reply()
            c.ask("EHLO test")
            self.assertRegex(c.ask("MAIL FROM:<ann@one.test>"), "^530 5.7.0")
            self.assertRegex(c.ask("AUTH PLAIN !!!"), "^501 5.5.2")
            self.assertRegex(c.ask("AUTH PLAIN AGFubkBvbmUudGVzdAB3cm9uZw=="), "^535 5.7.8")
            self.assertRegex(c.ask("AUTH PLAIN AGFubkBvbmUudGVzdABzZWNyZXQ="), "^235 2.7.0")
            self.assertRegex(c.ask("MAIL FROM:<other@one.test>"), "^55[03] 5.7.1")
            self.assertRegex(c.ask("MAIL FROM:<ann@one.test>"), "^250")

    def test_ten_thousand_recipients_stay_bounded(self):
        before = self.memory_kib()
        with self.connect() as c:
            c.reply()
            c.ask("EHLO test")
            c.ask("MAIL FROM:<a@load.test>")
            accepted = refused = 0
            for _ in range(100):
                c.send("RCPT TO:<ann@one.test>\r\n" * 100)
                for _ in range(100):
                    reply = c.reply()
                    accepted += reply.startswith("250")
                    refused += reply.startswith("452 4.5.3")
            self.assertEqual(accepted + refused, 10_000)
            self.assertGreater(refused, 0)
            self.assertGreaterEqual(accepted, 100)  # RFC 5321 section 4.5.3.1.8
            self.assertRegex(c.ask("DATA"), "^354")
            self.assertRegex(c.ask("Subject: once\r\n\r\nx\r\n."), "^250")
        self.assertLess(self.memory_kib() - before, 20_000)
        self.assert_delivered(1)  # one mailbox, one copy

    def test_message_over_the_size(self):
        with self.connect() as c:
            c.reply()
            self.assertIn(f"SIZE {LIMIT}", c.ask("EHLO test"))
            self.assertRegex(c.ask(f"MAIL FROM:<a@load.test> SIZE={LIMIT + 1}"), "^552 5.3.4")
            c.ask("MAIL FROM:<a@load.test>")
            c.ask("RCPT TO:<ann@one.test>")
            c.ask("DATA")
            line = b"x" * 998 + b"\r\n"
            for _ in range(LIMIT // len(line) + 2000):
                c.send(line)
            self.assertRegex(c.ask("."), "^552 5.3.4")
            self.assertRegex(c.ask("NOOP"), "^250")
        self.assert_delivered(0)

    def test_a_client_that_vanishes_in_mid_data(self):
        for ending in (b"", b"half a line", b"line\r\n", b"line\r\n.", b"line\r\n.\r"):
            with self.connect() as c:
                c.smtp().send(b"Subject: half\r\n\r\n" + ending)
        self.assert_others_are_served()
        self.assert_delivered(1)  # the one of assert_others_are_served

    def test_slow_clients_do_not_hold_up_others(self):
        slow = [self.connect() for _ in range(300)]
        try:
            for c in slow:
                c.send(b"E")
            self.assert_others_are_served()
            for c in slow:
                c.send(b"H")
            self.assert_others_are_served()
        finally:
            for c in slow:
                c.close()

    def test_only_crlf_dot_crlf_ends_a_message(self):
        """Each sequence that is not CRLF . CRLF, followed by a second message: it must never become one."""
        smuggled = b"MAIL FROM:<evil@load.test>\r\nRCPT TO:<ann@one.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
        ends = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\n\n.\n\n",
                b"\r\r\n.\r\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n"]
        for end in ends:
            for chunk in (1, 3, 1 << 16):
                with self.subTest(end=end, chunk=chunk), self.connect() as c:
                    c.smtp()
                    data = b"Subject: outer\r\n\r\ntext" + end + smuggled + b"\r\n.\r\n"
                    if chunk == 1:
                        c.socket.setsockopt(6, 1, 1)
                    for i in range(0, len(data), chunk):
                        c.send(data[i:i + chunk])
                    # Either refused whole (a bare CR or LF) or taken as one message (a NUL is only odd text).
                    self.assertRegex(c.reply(), "^250 2|^55[04] 5.6" if b"\x00" in end else "^55[04] 5.[56]")
                    self.assertRegex(c.ask("NOOP"), "^250")
        box = self.pop3()
        for number in range(self.before + 1, box.stat()[0] + 1):
            headers = b"\n".join(box.top(number, 0)[1])
            self.assertNotIn(b"Subject: smuggled", headers)
        box.quit()

    def test_commands_with_bare_line_ends(self):
        for command in (b"NOOP\n", b"NOOP\r", b"NO\x00OP\r\n"):
            with self.connect() as c:
                c.reply()
                c.send(command + b"EHLO test\r\n")
                self.assertRegex(c.reply(), "^50[01] 5.5.[24]")

    def test_eight_bit_where_it_was_not_announced(self):
        with self.connect() as c:
            c.reply()
            c.ask("EHLO test")
            c.send("MAIL FROM:<j\u00fcrgen@load.test>\r\n".encode())
            self.assertRegex(c.reply(), "^55[03] 5.[16].|^501 5.")
            c.send("MAIL FROM:<j\u00fcrgen@load.test> SMTPUTF8\r\n".encode())
            self.assertRegex(c.reply(), "^250")


if __name__ == "__main__":
    unittest.main()
