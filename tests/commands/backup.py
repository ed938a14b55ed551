#!/usr/bin/env python3
"""`posthouse backup`, `verify` and `restore`, with a server running, mail coming, and clients that know what was there."""
import imaplib
import pathlib
import poplib
import smtplib
import subprocess
import tarfile
import tempfile
import threading
import unittest

from posthouse_server import BINARY, PATIENCE, Posthouse, run

LARGE = "x" * 70 + "\r\n"


def letter(number, lines=1):
    return f"From: <sender@elsewhere.test>\r\nSubject: {number}\r\n\r\n" + LARGE * lines


class Backup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def house(self, **options):
        house = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "imap", "pop3"), options=["--insecure-auth"], **options)
        self.addCleanup(house.__exit__, None, None, None)
        return house.start()

    def send(self, house, number, lines=1):
        with smtplib.SMTP(*house.address("smtp"), timeout=PATIENCE) as client:
            client.sendmail("sender@elsewhere.test", ["ann@one.test"], letter(number, lines))

    def imap(self, house):
        client = imaplib.IMAP4(*house.address("imap"), timeout=PATIENCE)
        self.addCleanup(client.shutdown)
        client.login("ann@one.test", "secret")
        return client

    def uidls(self, house):
        box = poplib.POP3(*house.address("pop3"), timeout=PATIENCE)
        box.user("ann@one.test")
        box.pass_("secret")
        found = [line.split()[1] for line in box.uidl()[1]]
        box.quit()
        return found

    def again(self, source):
        """A house out of a backup."""
        self.said = run("restore", source, "--data", self.folder / "again").stdout
        house = Posthouse(None, listen=("smtp", "imap", "pop3"), options=["--insecure-auth"], data=self.folder / "again")
        house.domain = "one.test"
        self.addCleanup(house.__exit__, None, None, None)
        return house

    def test_while_mail_comes_every_letter_answered_before_is_in_it(self):
        house = self.house()
        sent, stop = [], threading.Event()

        def keep_sending():
            while not stop.is_set():
                self.send(house, len(sent), lines=1500 if len(sent) % 3 == 0 else 1)
                sent.append(len(sent))
        sender = threading.Thread(target=keep_sending)
        sender.start()
        try:
            for _ in range(3):
                before = len(sent)
                run("backup", self.folder / "copy", "--data", house.data)
                self.assertIn("all is well", run("verify", self.folder / "copy").stdout)
        finally:
            stop.set()
            sender.join()
        restored = self.again(self.folder / "copy").start()
        self.assertGreaterEqual(len(self.uidls(restored)), before)

    def test_clients_of_the_house_that_was_are_not_led_astray(self):
        house = self.house()
        self.send(house, "old", lines=1500)
        run("backup", self.folder / "copy", "--data", house.data)
        self.send(house, "since the backup")
        client = self.imap(house)
        client.select("INBOX")
        client.store("1", "+FLAGS", r"\Seen")
        validity = client.response("UIDVALIDITY")[1] or client.status("INBOX", "(UIDVALIDITY)")[1]
        modseq = int(client.status("INBOX", "(HIGHESTMODSEQ)")[1][0].split()[-1].rstrip(b")"))
        known = self.uidls(house)
        house.stop()
        restored = self.again(self.folder / "copy").start()
        self.send(restored, "after the restore")
        client = self.imap(restored)
        client.enable("CONDSTORE")
        client.select("INBOX")
        self.assertEqual(client.response("UIDVALIDITY")[1] or client.status("INBOX", "(UIDVALIDITY)")[1], validity)
        now = self.uidls(restored)
        self.assertEqual(now[0], known[0], "nobody fetches his mail again")
        self.assertNotIn(now[1], known, "nor takes a new letter for one he has")
        changed = client.uid("FETCH", "1:*", "(FLAGS)", f"(CHANGEDSINCE {modseq})")[1]
        self.assertEqual(len(changed), 2, "the letter that is unread again counts as changed")

    def test_what_waits_for_others_is_held(self):
        away = Posthouse("two.test", listen=("smtp",))
        self.addCleanup(away.__exit__, None, None, None)
        away.start().stop()
        house = Posthouse("one.test", listen=("smtp",), options=["--route", f"two.test=127.0.0.1:{away.ports['smtp']}"])
        self.addCleanup(house.__exit__, None, None, None)
        house.start()
        run("alias", "add", *house.place, "list@one.test", "hong@two.test")
        with smtplib.SMTP(*house.address("smtp"), timeout=PATIENCE) as client:
            client.sendmail("sender@elsewhere.test", ["list@one.test"], letter(1))
        run("backup", self.folder / "copy", "--data", house.data)
        restored = self.again(self.folder / "copy")
        self.assertIn("1 recipients wait for other servers and are held", self.said)
        self.assertEqual([row["state"] for row in restored.queue()], ["held"])

    def test_an_archive(self):
        house = self.house()
        self.send(house, "large", lines=1500)
        done = subprocess.run([BINARY, "backup", "--stdout", "--data", house.data], stdout=subprocess.PIPE, check=True, timeout=PATIENCE)
        (self.folder / "house.tar").write_bytes(done.stdout)
        with tarfile.open(self.folder / "house.tar") as archive:
            archive.extractall(self.folder / "copy")
        self.assertIn("all is well", run("verify", self.folder / "copy").stdout)

    def test_what_cannot_be_is_said(self):
        house = self.house()
        self.send(house, "large", lines=1500)
        run("backup", self.folder / "copy", "--data", house.data)
        for words, said in ((["backup"], "either a folder or --stdout"),
                            (["backup", house.data, "--data", house.data], "neither empty nor a backup"),
                            (["verify", house.data], "is no backup"),
                            (["restore", house.data, "--data", self.folder / "x"], "is no backup"),
                            (["restore", self.folder / "copy", "--data", house.data], "is not empty")):
            done = run(*words, check=False)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(said, done.stderr)
        body = next(file for file in (self.folder / "copy/bodies").rglob("*") if file.is_file())
        body.write_bytes(b"y" + body.read_bytes()[1:])
        done = run("verify", self.folder / "copy", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("its body has the SHA-256", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
