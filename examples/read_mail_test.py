#!/usr/bin/env python3
"""Runs the IMAP programs of the tutorial's chapter 4, ours and its twin in Python, against a server: read_mail_test.py
BIN_DIR."""
import imaplib
import os
import pathlib
import smtplib
import ssl
import subprocess
import sys
import unittest

from posthouse_server import PATIENCE, Posthouse

BIN = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
LETTER = ("From: =?utf-8?q?=E5=BC=A0=E4=B8=89?= <ann@one.test>\r\nTo: bob@one.test\r\n"
          "Subject: =?utf-8?b?5L2g5aW9?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n你好，世界\r\n").encode()


class ReadMail(unittest.TestCase):
    def setUp(self):
        self.server = Posthouse("one.test", {"bob": "geheimer"}, listen=("smtp", "imap", "imaps")).start()
        self.addCleanup(self.server.__exit__, None, None, None)

    def deliver(self):
        with smtplib.SMTP(*self.server.address("smtp")) as smtp:
            smtp.sendmail("ann@one.test", ["bob@one.test"], LETTER)

    def mailbox(self, name):
        """How many messages it has."""
        box = imaplib.IMAP4_SSL(*self.server.address("imaps"), ssl_context=ssl.create_default_context(cafile=self.server.certificate))
        box.login("bob@one.test", "geheimer")
        count = int(box.select(name, readonly=True)[1][0])
        box.logout()
        return count

    def answers(self, kind):
        return f"bob@one.test\ngeheimer\nlocalhost\n{self.server.address(kind)[1]}\n"

    def run_ours(self, tls, kind):
        """Starts it, and brings another letter once it waits for one."""
        process = subprocess.Popen([os.path.join(BIN, "read_mail"), tls, self.server.certificate], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdin.write(self.answers(kind))
        process.stdin.flush()
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("Waiting"):
                self.deliver()
        process.wait(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        return "".join(told)

    def test_the_letter_is_shown_and_moved_and_the_next_one_is_heard_of(self):
        self.deliver()
        for number, (tls, kind) in enumerate((("implicit", "imaps"), ("starttls", "imap")), 1):
            told = self.run_ours(tls, kind)
            for wanted in ("INBOX\n", "Trash\n", "Messages: 1\n", "Subject: 你好\n", "你好，世界", "Moved to the trash. Messages: 0\n",
                           "Waiting for mail …\nMessages: 1\n"):
                self.assertIn(wanted, told)
            self.assertEqual((self.mailbox("INBOX"), self.mailbox("Trash")), (1, number))

    def test_the_same_in_python(self):
        self.deliver()
        done = subprocess.run([sys.executable, HERE / "python" / "read_mail.py"], input=self.answers("imaps"), text=True,
                              capture_output=True, timeout=PATIENCE, env={**os.environ, "SSL_CERT_FILE": self.server.certificate})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Subject: 你好", done.stdout)
        self.assertIn("你好，世界", done.stdout)
        self.assertEqual((self.mailbox("INBOX"), self.mailbox("Trash")), (0, 1))

    def test_what_goes_wrong_is_said(self):
        program = os.path.join(BIN, "read_mail")
        wrong = self.answers("imaps").replace("geheimer", "wrong")
        done = subprocess.run([program, "implicit", self.server.certificate], input=wrong, text=True, capture_output=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "(?i)authentication|password|log")
        done = subprocess.run([program], input=self.answers("imaps"), text=True, capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate", done.stderr)


if __name__ == "__main__":
    unittest.main()
