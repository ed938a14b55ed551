#!/usr/bin/env python3
"""What can be wrong before and while a server runs, as its operator sees it: plain words and the right status."""
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import unittest

from dialogue import Dialogue
from posthouse_server import BINARY, PATIENCE, Posthouse, run


class Startup(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def serve(self, *options):
        """Runs a server that should refuse to start; returns its status and words."""
        done = subprocess.run([BINARY, "serve", "--data", self.folder / "data", *map(str, options)],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotIn("ready ", done.stdout)
        return done.returncode, done.stderr

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, words = self.serve("--listen", f"smtp=127.0.0.1:{port}")
        self.assertEqual(status, 1)
        self.assertIn(f"127.0.0.1:{port}", words)
        self.assertIn("in use", words)

    def test_a_database_server_that_is_down_is_waited_for(self):
        command = [BINARY, "serve", "--data", self.folder / "data", "--listen", "smtp=127.0.0.1:0",
                   "--database", "mysql://posthouse:geheim@127.0.0.1:1/house"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.kill)
        words = server.stderr.readline()
        self.assertIn("waiting for the database error=\"mysql://127.0.0.1:1/house", words)
        self.assertNotIn("geheim", words)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(timeout=PATIENCE), 0)
        server.stdout.close()
        server.stderr.close()

    def test_bad_options(self):
        for options in (["--listen", "smtp"], ["--listen", "gopher=127.0.0.1:0"], ["--listen", "smtp=127.0.0.1:99999"],
                        ["--no-such-flag"], ["--route", "two.test"]):
            status, words = self.serve(*options)
            self.assertEqual(status, 2, (options, words))
            self.assertTrue(words.strip(), options)

    def test_bad_configuration(self):
        config = self.folder / "posthouse.toml"
        for text, expected in (("hostname = ", ":1"), ("hostnam = 'x'\n", "hostnam"), ("\n\nhostname = 5\n", "hostname")):
            config.write_text(text)
            status, words = self.serve("--config", config, "--listen", "smtp=127.0.0.1:0")
            self.assertIn(status, (1, 2))
            self.assertIn("posthouse.toml", words)
            self.assertIn(expected, words)
        status, words = self.serve("--config", self.folder / "absent.toml")
        self.assertIn(status, (1, 2))
        self.assertIn("absent.toml", words)

    def test_insecure_auth_only_on_loopback(self):
        status, words = self.serve("--listen", "submission=0.0.0.0:0", "--insecure-auth")
        self.assertIn(status, (1, 2))
        self.assertIn("loopback", words)

    def test_corrupt_database(self):
        data = self.folder / "data"
        run("domain", "add", "--data", data, "one.test")
        for file in data.glob("posthouse.db-*"):
            file.unlink()
        with open(data / "posthouse.db", "r+b") as file:
            file.write(os.urandom(8192))
        status, words = self.serve("--listen", "smtp=127.0.0.1:0")
        self.assertEqual(status, 1)
        self.assertIn("posthouse.db", words)

    def test_data_directory_that_cannot_be_made(self):
        (self.folder / "data").write_text("a file is in the way")
        status, words = self.serve("--listen", "smtp=127.0.0.1:0")
        self.assertEqual(status, 1)
        self.assertIn("data", words)

    def test_one_server_a_data_directory(self):
        with Posthouse("one.test", listen=("smtp",), data=self.folder / "data") as first:
            status, words = self.serve("--listen", "smtp=127.0.0.1:0")
            self.assertEqual(status, 1)
            self.assertIn(str(first.process.pid), words)

    def test_locked_database_is_a_temporary_failure(self):
        with Posthouse("one.test", {"ann": "x"}, listen=("smtp",), data=self.folder / "data") as server:
            other = sqlite3.connect(self.folder / "data/posthouse.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with Dialogue(server.address("smtp"), timeout=PATIENCE) as c:
                c.smtp().send("Subject: locked\r\n\r\nx\r\n.\r\n")
                self.assertRegex(c.reply(), "^451 4.3")
                other.execute("ROLLBACK")
                c.ask("MAIL FROM:<a@load.test>")
                c.ask("RCPT TO:<ann@one.test>")
                c.ask("DATA")
                self.assertRegex(c.ask("Subject: free\r\n\r\nx\r\n."), "^250")
            other.close()

    def test_ends_in_time_with_open_sessions(self):
        with Posthouse("one.test", {"ann": "x"}, listen=("smtp", "pop3"), data=self.folder / "data") as server:
            idle, busy, pop = Dialogue(server.address("smtp")), Dialogue(server.address("smtp")), Dialogue(server.address("pop3"))
            idle.reply()
            pop.reply()
            busy.smtp().send("Subject: half\r\n")
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(timeout=12), 0)
            self.assertRegex(idle.reply(), "^421 4.3.2|^$")
            for c in (idle, busy, pop):
                c.close()

    def test_reload_keeps_sessions(self):
        with Posthouse("one.test", {"ann": "x"}, listen=("smtp",), data=self.folder / "data") as server:
            with Dialogue(server.address("smtp")) as c:
                c.reply()
                server.process.send_signal(signal.SIGHUP)
                self.assertRegex(c.ask("EHLO test"), "^250")
            with Dialogue(server.address("smtp")) as c:
                self.assertRegex(c.reply(), "^220")
            self.assertIsNone(server.process.poll())


if __name__ == "__main__":
    unittest.main()
