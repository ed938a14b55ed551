"""posthouse show: every way of looking at a message; mbox files and Maildirs that Python wrote."""
import base64
import email.message
import json
import mailbox
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE, run

PICTURE = b"\x89PNG\r\n\x1a\n..."


def letter(subject="你好"):
    message = email.message.EmailMessage()
    message["From"] = "张三 <ann@one.test>"
    message["To"] = "bob@two.test"
    message["Subject"] = subject
    message.set_content("Hello \x1b[31mBob\n")
    message.add_alternative('<p>Hello <img src="cid:pic"><script>x</script>', subtype="html")
    message.get_payload()[1].add_related(PICTURE, "image", "png", cid="<pic>")
    message.add_attachment(b"first", "application", "octet-stream", filename="../../evil.txt")
    message.add_attachment(b"second", "application", "octet-stream", filename="evil.txt")
    message.add_attachment(b"third", "application", "octet-stream", filename="CON")
    return message


class Show(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.file = self.folder / "letter.eml"
        self.file.write_bytes(bytes(letter()))

    def show(self, *arguments, **options):
        return run("show", *map(str, arguments), **options)

    def test_tree_text_and_headers(self):
        tree = self.show(self.file).stdout
        self.assertIn("From: 张三 <ann@one.test>\n", tree)
        self.assertIn("| Hello \\u{1B}[31mBob\n", tree)
        self.assertEqual(self.show("--text", self.file).stdout, "Hello \\u{1B}[31mBob\n")
        self.assertIn("Subject: 你好\n", self.show("--headers", self.file).stdout)
        raw = self.file.read_text()
        self.assertEqual(self.show("--raw-headers", self.file).stdout, raw[:raw.index("\n\n") + 2])
        self.assertEqual(self.show("-", stdin=raw).stdout, tree)

    def test_parts(self):
        done = subprocess.run([BINARY, "show", "--part", "1.2.2", self.file], capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.stdout, PICTURE)
        self.assertIn("Content-Type: image/png", self.show("--raw", "--part", "1.2.2", self.file).stdout)
        done = self.show("--part", "9", self.file, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "posthouse: there is no part 9\n"))

    def test_saves_under_safe_names(self):
        target = self.folder / "out"
        target.mkdir()
        saved = self.show("--save", target, self.file).stdout.splitlines()
        self.assertEqual(saved, [str(target / name) for name in ("evil.txt", "evil (2).txt", "_CON")])
        self.assertEqual([pathlib.Path(path).read_bytes() for path in saved], [b"first", b"second", b"third"])
        self.assertEqual(sorted(os.listdir(self.folder)), ["letter.eml", "out"])
        self.assertEqual(self.show("--save", target, "--part", "1.2.2", self.file).stdout, f"{target / 'part-1.2.2.bin'}\n")
        self.assertEqual(self.show("--save", self.folder / "none", self.file).returncode, 0)
        self.assertTrue(any((self.folder / "none").iterdir()), "the folder is made")
        self.assertEqual(self.show("--save", self.file / "none", self.file, check=False).returncode, 1)

    def test_saves_what_is_in_a_winmail_dat(self):
        winmail = base64.b64decode("eJ8+IgEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIQgAEABgAAAGEudHh0AO8BAg+ABgAFAAAAaGVsbG8UAgICkAYA"
                                   "DgAAAAAAAAAAAAAAAAAAAAAAAAACEIABAAkAAAAuLi9iLmJpbgBUAgIPgAYAAgAAAHh58QA=")
        message = letter()
        for name, content in (("winmail.dat", winmail), ("broken.dat", b"no TNEF")):
            message.add_attachment(content, "application", "ms-tnef", filename=name)
        self.file.write_bytes(bytes(message))
        target = self.folder / "out"
        target.mkdir()
        self.show("--save", target, self.file)
        self.assertEqual((target / "a.txt").read_bytes(), b"hello")
        self.assertEqual((target / "b.bin").read_bytes(), b"xy")
        self.assertEqual((target / "broken.dat").read_bytes(), b"no TNEF")
        self.assertFalse((target / "winmail.dat").exists())
        self.show("--save", target, "--part", "5", self.file)
        self.assertEqual((target / "winmail.dat").read_bytes(), winmail)
        self.assertEqual(sorted(os.listdir(self.folder)), ["letter.eml", "out"])

    def test_html_preview(self):
        page = self.folder / "page.html"
        self.show("--html-preview", page, self.file)
        text = page.read_text()
        self.assertIn('<img src="data:image/png;base64,', text)
        self.assertNotIn("<script", text)

    def test_mailboxes(self):
        box = mailbox.mbox(self.folder / "box")
        maildir = mailbox.Maildir(self.folder / "Maildir")
        for number in range(1, 4):
            box.add(letter(f"number {number}"))
            maildir.add(letter(f"number {number}"))
        box.close()
        for name in "box", "Maildir":
            subjects = [json.loads(line)["headers"]["subject"] for line in self.show("--json", self.folder / name).stdout.splitlines()]
            self.assertEqual(sorted(subjects), ["number 1", "number 2", "number 3"], name)
            self.assertEqual(self.show("--headers", "--message", 2, self.folder / name).stdout.count("Subject: "), 1)
            self.assertEqual(self.show("--message", 4, self.folder / name, check=False).returncode, 1)
        self.assertIn("== " + str(self.folder / "box") + "#3\n", self.show(self.folder / "box").stdout)
        self.assertEqual(self.show("--html-preview", self.folder / "p.html", self.folder / "box", check=False).returncode, 1)
        self.assertEqual(self.show("--mbox", "--json", "-", stdin=(self.folder / "box").read_text()).stdout.count("\n"), 3)

    def test_what_is_no_message_in_a_maildir(self):
        box = mailbox.Maildir(self.folder / "Strange")
        box.add(letter("the only one"))
        os.mkfifo(self.folder / "Strange/new/1.pipe.host")
        os.symlink("2.itself.host", self.folder / "Strange/new/2.itself.host")
        os.symlink("nowhere", self.folder / "Strange/cur/3.nowhere.host:2,")
        (self.folder / "Strange/new/4.folder.host").mkdir()
        shown = self.show("--json", self.folder / "Strange").stdout.splitlines()
        self.assertEqual([json.loads(line)["headers"]["subject"] for line in shown], ["the only one"])

    def test_colour(self):
        self.assertNotIn("\033[", self.show(self.file).stdout)
        self.assertIn("\033[36mFrom:\033[0m", self.show("--color=always", self.file).stdout)
        for variables, coloured in ((dict(), True), ({"NO_COLOR": "1"}, False)):
            ours, theirs = pty.openpty()
            subprocess.run([BINARY, "show", self.file], stdout=theirs, timeout=PATIENCE, check=True,
                           env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **variables})
            os.close(theirs)
            self.assertEqual(b"\033[36mFrom:" in os.read(ours, 65536), coloured)
            os.close(ours)

    def test_used_wrongly(self):
        for arguments in ((), ("--json", "--text", "x"), ("--color=blue", "x"), ("--message", "0", "x")):
            self.assertEqual(self.show(*arguments, check=False).returncode, 2, arguments)
        self.assertEqual(self.show(self.folder / "none.eml", check=False).returncode, 1)
        self.assertEqual(self.show(self.folder, check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
