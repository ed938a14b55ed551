"""posthouse receive and the receiving example against a running server."""
import json
import pathlib
import smtplib
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE, Posthouse, run

MESSAGES = [b"From: =?utf-8?B?5byg5LiJ?= <a@x.test>\r\nSubject: number %d\r\n\r\n.text %d\r\n" % (i, i) for i in (1, 2, 3)]


class Receive(unittest.TestCase):
    def setUp(self):
        self.server = Posthouse(users={"ann": "secret"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as session:
            for message in MESSAGES:
                session.sendmail("a@x.test", ["ann@one.test"], message)

    def receive(self, *options, kind="pop3s", tls="implicit", password="secret", check=True, trust=True):
        ca = ("--ca", self.server.certificate) if trust else ()
        return run("receive", "--server", f"127.0.0.1:{self.server.ports[kind]}", "--tls", tls, *ca, "--user", "ann@one.test",
                   "--password-file", "-", *options, stdin=password + "\n", check=check)

    def test_prints(self):
        newest = self.receive().stdout
        self.assertIn("From: 张三 <a@x.test>", newest)
        self.assertIn("Subject: number 3", newest)
        self.assertNotIn("number 2", newest)
        self.assertIn("Subject: number 1", self.receive("--number", 1, kind="pop3", tls="starttls").stdout)
        subjects = [json.loads(line)["subject"] for line in self.receive("--all", "--json").stdout.splitlines()]
        self.assertEqual(subjects, ["number 1", "number 2", "number 3"])

    def test_saves_and_deletes(self):
        with tempfile.TemporaryDirectory() as directory:
            files = self.receive("--all", "--delete", "--save", directory).stdout.splitlines()
            self.assertEqual(len(files), 3)
            for file, message in zip(files, MESSAGES):
                self.assertTrue(pathlib.Path(file).read_bytes().endswith(message))
            self.assertEqual(sorted(map(str, pathlib.Path(directory).iterdir())), sorted(files))
        self.assertEqual(self.receive("--all").stdout, "No messages.\n")

    def test_a_message_longer_than_is_wanted(self):
        with tempfile.TemporaryDirectory() as directory:
            for options in (), ("--json",), ("--save", directory):
                done = self.receive("--all", "--max-size", "100", *options, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn("more than 100", done.stderr)
            self.assertEqual(list(pathlib.Path(directory).iterdir()), [], "nothing half is left")
            self.assertEqual(len(self.receive("--all", "--max-size", "1MiB", "--save", directory).stdout.splitlines()), 3)
        self.assertEqual(self.receive("--max-size", "much", check=False).returncode, 2)

    def test_saves_a_large_message(self):
        text = b"Subject: large\r\n\r\n" + (b"y" * 76 + b"\r\n") * 40_000
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as session:
            session.sendmail("a@x.test", ["ann@one.test"], text)
        with tempfile.TemporaryDirectory() as directory:
            line = json.loads(self.receive("--newest", "--json", "--save", directory).stdout)
            self.assertEqual(line["subject"], "large")
            self.assertTrue(pathlib.Path(line["file"]).read_bytes().endswith(text))
            self.assertEqual(pathlib.Path(line["file"]).stat().st_size, line["size"])

    def test_debug_masks_the_password(self):
        shown = self.receive("--debug").stderr
        self.assertIn("C: AUTH PLAIN ***", shown)
        self.assertNotIn("secret", shown)

    def by_imap(self, *options, kind="imaps", **more):
        return self.receive("--protocol", "imap", *options, kind=kind, **more).stdout

    def test_imap_lists_searches_flags_and_moves(self):
        self.assertIn("INBOX  3 messages, 3 unseen\n", self.by_imap("--list"))
        self.assertIn("Subject: number 3", self.by_imap())
        self.assertIn("Subject: number 2", self.by_imap("--uid", 2, kind="imap", tls="starttls"))
        found = self.by_imap("--search", "subject:number 2", "--search", "unseen", "--summary", "--flag", "seen", "--flag", "$Work")
        self.assertRegex(found, r"^2  .*  张三  number 2\n$")
        self.assertRegex(self.by_imap("--search", "flag:$work", "--summary"), r"\(\\Seen \$Work\)\n$")
        self.assertEqual([json.loads(line)["uid"] for line in self.by_imap("--search", "not:seen", "--summary", "--json").splitlines()],
                         [1, 3])
        self.by_imap("--uid", 1, "--move", "Trash", "--summary")
        self.assertIn("Subject: number 1", self.by_imap("--mailbox", "Trash"))
        self.assertEqual(self.by_imap("--search", "text 1"), "No messages.\n")
        self.by_imap("--all", "--delete", "--summary")
        self.assertEqual(self.by_imap("--all"), "No messages.\n")

    def test_imap_saves(self):
        with tempfile.TemporaryDirectory() as directory:
            files = self.by_imap("--all", "--save", directory).splitlines()
            self.assertEqual(len(files), 3)
            for file, message in zip(files, MESSAGES):
                self.assertTrue(pathlib.Path(file).read_bytes().endswith(message))
        for words in ("since:yesterday",), ("larger:much",), ("before:2026-02-30",):
            self.assertEqual(self.receive("--protocol", "imap", "--search", *words, kind="imaps", check=False).returncode, 2)
        self.assertEqual(self.receive("--search", "unseen", check=False).returncode, 2, "POP3 cannot search")

    def test_imap_watches(self):
        command = [BINARY, "receive", "--server", f"127.0.0.1:{self.server.ports['imaps']}", "--ca", self.server.certificate, "--user",
                   "ann@one.test", "--password-file", "-", "--protocol", "imap", "--search", "number 3", "--summary", "--watch"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdin.write("secret\n")
        process.stdin.close()
        self.assertIn("number 3", process.stdout.readline())
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as session:
            session.sendmail("a@x.test", ["ann@one.test"], MESSAGES[0].replace(b"number 1", b"number 4"))
        self.assertIn("number 4", process.stdout.readline())

    def test_failures(self):
        for options, status in ((dict(password="wrong"), 1), (dict(trust=False), 1), (dict(kind="pop3", tls="none"), 1)):
            self.assertEqual(self.receive(check=False, **options).returncode, status)
        self.assertEqual(self.receive("--number", 9, check=False).returncode, 1)
        self.assertEqual(self.receive("--protocol", "imap", check=False).returncode, 1)
        for usage in ("--newest", "--all"), ("--number", "0"), ("--tls", "maybe"):
            self.assertEqual(self.receive(*usage, check=False).returncode, 2, usage)

    def test_example(self):
        example = pathlib.Path(BINARY).parent / "receive_mail"
        if not example.exists():
            print("skipped: the example is not built:", example)
            return
        answers = f"ann@one.test\nsecret\n127.0.0.1\n{self.server.ports['pop3s']}\n"
        done = subprocess.run([example, "implicit", self.server.certificate], input=answers, capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Messages: 3. Size: ", done.stdout)
        self.assertIn("Subject: number 3", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
