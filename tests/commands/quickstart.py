#!/usr/bin/env python3
"""`posthouse quickstart`: the house that it makes takes mail, signs it and gives it out."""
import imaplib
import pathlib
import re
import smtplib
import ssl
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE, run


class Quickstart(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "trial"

    def serve(self):
        """A server on free ports instead of those for people; returns its ports."""
        file = self.folder / "posthouse.toml"
        file.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:0", file.read_text()))
        process = subprocess.Popen([BINARY, "serve", "--config", file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def end():
            process.terminate()
            process.wait(PATIENCE)
            process.stdout.close()
        self.addCleanup(end)
        return {word.partition("=")[0]: int(word.rpartition(":")[2]) for word in process.stdout.readline().split()[1:]}

    def test_a_letter_is_sent_signed_and_read(self):
        said = run("quickstart", "ann@one.test", "--dir", self.folder).stdout
        password = re.search(r"(?m)^password +(\S+)", said).group(1)
        self.assertNotIn(password, (self.folder / "posthouse.toml").read_text())
        ports = self.serve()
        trust = ssl.create_default_context(cafile=self.folder / "data/tls/cert.pem")
        with smtplib.SMTP_SSL("localhost", ports["submissions"], timeout=PATIENCE, context=trust) as client:
            client.login("ann@one.test", password)
            client.sendmail("ann@one.test", ["ann@one.test"], "From: ann@one.test\r\nSubject: to myself\r\n\r\nHello.\r\n")
        with imaplib.IMAP4_SSL("localhost", ports["imaps"], ssl_context=trust, timeout=PATIENCE) as client:
            client.login("ann@one.test", password)
            client.select("INBOX")
            letter = client.fetch("1", "BODY[]")[1][0][1]
        self.assertIn(b"\r\nSubject: to myself\r\n", letter)
        self.assertRegex(letter, rb"(?s)DKIM-Signature: .*d=one\.test")

    def test_what_is_there_stays(self):
        run("quickstart", "ann@one.test", "--dir", self.folder)
        before = {file: file.read_bytes() for file in self.folder.rglob("*.pem")}
        settings = (self.folder / "posthouse.toml").read_text()
        again = run("quickstart", "ann@one.test", "--dir", self.folder, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("ann@one.test exists already", again.stderr)
        second = run("quickstart", "bob@two.test", "--dir", self.folder).stdout
        self.assertIn("was left as it is; it should say", second)
        self.assertIn('domain = "two.test"', second)
        self.assertEqual((self.folder / "posthouse.toml").read_text(), settings)
        self.assertEqual({file: file.read_bytes() for file in before}, before)

    def test_the_unit_is_one_that_systemd_takes(self):
        run("quickstart", "ann@one.test", "--dir", self.folder)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", self.folder / "posthouse.service"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
