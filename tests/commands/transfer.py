"""posthouse import, export and sync: messages go from files to an account, back to files, and from account to account."""
import imaplib
import mailbox
import pathlib
import re
import ssl
import tempfile
import time
import unittest

from posthouse_server import PATIENCE, Posthouse, run

DATE = time.mktime((2021, 3, 4, 5, 6, 7, 0, 0, 0))


def letter(number, text="text"):
    return (f"From: a@x.test\r\nSubject: number {number}\r\nMessage-ID: <{number}@x.test>\r\n\r\n{text} {number}\r\n"
            "From here on it goes on.\r\n").encode()


class Transfer(unittest.TestCase):
    def setUp(self):
        self.server = Posthouse(users={"ann": "secret", "bob": "secret"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "password").write_text("secret\n", encoding="utf-8")

    def transfer(self, command, *words, user="ann", check=True):
        return run(command, *words, "--server", f"127.0.0.1:{self.server.ports['imaps']}", "--ca", self.server.certificate,
                   "--user", f"{user}@one.test", "--password-file", self.folder / "password", check=check)

    def held(self, name="INBOX", user="ann"):
        """What a mailbox holds: {UID: (flags, INTERNALDATE, octets)}."""
        with imaplib.IMAP4_SSL("127.0.0.1", self.server.ports["imaps"], timeout=PATIENCE,
                               ssl_context=ssl.create_default_context(cafile=self.server.certificate)) as session:
            session.login(f"{user}@one.test", "secret")
            status, _ = session.select(f'"{name}"', readonly=True)
            self.assertEqual(status, "OK", name)
            _, answers = session.fetch("1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
            found = {}
            for answer in answers:
                if isinstance(answer, tuple):
                    head = answer[0]
                    uid = int(re.search(rb"UID (\d+)", head)[1])
                    flags = tuple(sorted(flag.decode() for flag in imaplib.ParseFlags(head) if flag != rb"\Recent"))
                    found[uid] = (flags, time.mktime(imaplib.Internaldate2tuple(head)), answer[1])
            return [found[uid] for uid in sorted(found)]

    def make_maildir(self):
        box = mailbox.Maildir(self.folder / "Maildir")
        for where, number, flags in ((box, 1, ""), (box, 2, "FS"), (box.add_folder("Arbeit.&ZeVnLIqe-"), 3, "RS")):
            message = mailbox.MaildirMessage(letter(number).replace(b"\r\n", b"\n"))
            message.set_subdir("cur")
            message.set_flags(flags)
            where.add(message)
        return self.folder / "Maildir"

    def test_a_maildir_and_back(self):
        source = self.make_maildir()
        said = self.transfer("import", source).stdout
        self.assertEqual(said, "INBOX: 2 copied, 0 there already\nArbeit/日本語: 1 copied, 0 there already\n")
        inbox = self.held()
        self.assertEqual({(flags, octets) for flags, _, octets in inbox},
                         {((), letter(1)), (("\\Flagged", "\\Seen"), letter(2))})
        self.assertEqual([(flags, octets) for flags, _, octets in self.held("Arbeit/&ZeVnLIqe-")],
                         [(("\\Answered", "\\Seen"), letter(3))])
        self.assertEqual(self.transfer("import", source).stdout,
                         "INBOX: 0 copied, 2 there already\nArbeit/日本語: 0 copied, 1 there already\n")
        # Out again, and nothing twice.
        target = self.folder / "out"
        self.assertIn("INBOX: 2 to be copied, 0 there already\n", self.transfer("export", target, "--dry-run").stdout)
        self.assertFalse(target.exists(), "nothing is made")
        self.transfer("export", target)
        self.assertIn("INBOX: 0 copied, 2 there already\n", self.transfer("export", target).stdout)
        out = mailbox.Maildir(target, create=False)
        self.assertEqual({(message.get_flags(), (target / "cur" / pathlib.Path(out._lookup(key)).name).read_bytes())
                          for key, message in out.iteritems()}, {("", letter(1)), ("FS", letter(2))})
        self.assertEqual([message.get_flags() for message in out.get_folder("Arbeit.&ZeVnLIqe-")], ["RS"])

    def test_an_mbox_and_back(self):
        box = mailbox.mbox(self.folder / "old")
        for number, status in ((1, "RO"), (2, "O"), (2, "O")):
            message = mailbox.mboxMessage(letter(number).replace(b"\r\n", b"\n"))
            message.set_from("ann@x.test", time.gmtime(DATE + number))
            message["X-Old"] = status
            box.add(message)
        box.close()
        self.assertEqual(self.transfer("import", self.folder / "old", "--into", "Old/2021", "--dry-run").stdout,
                         "Old/2021: 3 to be copied, 0 there already\n")
        self.assertEqual(self.transfer("import", self.folder / "old", "--into", "Old/2021").stdout,
                         "Old/2021: 3 copied, 0 there already\n")
        held = self.held("Old/2021")
        self.assertEqual(len(held), 3, "as often as it is there")
        self.assertEqual([time.gmtime(date) for _, date, _ in held], [time.gmtime(DATE + number) for number in (1, 2, 2)])
        self.transfer("export", self.folder / "new", "--format", "mbox", "--mailbox", "Old/2021")
        again = mailbox.mbox(self.folder / "new", create=False)
        self.assertEqual(len(again), 3)
        again.close()
        self.transfer("import", self.folder / "new", "--into", "Again")
        self.assertEqual(self.held("Again"), held, "octet by octet, with flags and dates")

    def test_account_to_account(self):
        self.transfer("import", self.make_maildir())
        urls = [f"imap://{user}%40one.test@127.0.0.1:{self.server.ports['imap']}" for user in ("ann", "bob")]
        options = ("--from-password-file", self.folder / "password", "--to-password-file", self.folder / "password", "--ca",
                   self.server.certificate)
        said = run("sync", *urls, *options).stdout
        self.assertIn("INBOX: 2 copied, 0 there already, flags of 0 changed\n", said)
        self.assertEqual(self.held(user="bob"), self.held())
        self.assertEqual(self.held("Arbeit/&ZeVnLIqe-", user="bob"), self.held("Arbeit/&ZeVnLIqe-"))
        run("receive", "--server", f"127.0.0.1:{self.server.ports['imaps']}", "--protocol", "imap", "--ca", self.server.certificate,
            "--user", "ann@one.test", "--password-file", self.folder / "password", "--all", "--summary", "--flag", "answered")
        self.assertIn("INBOX: 0 copied, 2 there already, flags of 2 changed\n", run("sync", *urls, *options).stdout)
        self.assertEqual(self.held(user="bob"), self.held())
        self.assertEqual(run("sync", "ann@one.test", urls[1], *options, check=False).returncode, 2)

    def test_what_cannot_be_copied_is_told_of(self):
        big = self.folder / "big.eml"
        big.write_bytes(letter(1))
        self.assertEqual(self.transfer("import", big).stdout, "INBOX: 1 copied, 0 there already\n")
        box = mailbox.mbox(self.folder / "mixed")
        for text in (b"\0 NUL", b"good"):
            box.add(letter(5, "x").replace(b"<5@", b"<" + text[:1].hex().encode() + b"@").replace(b"x 5", text).replace(b"\r\n", b"\n"))
        box.close()
        done = self.transfer("import", self.folder / "mixed", "--into", "Mixed", check=False)
        self.assertIn(done.returncode, (0, 1))
        self.assertEqual(done.returncode, 1 if "failed" in done.stdout else 0)
        self.assertIn("good", str(self.held("Mixed")))
        for source in ("/nowhere", self.folder):
            self.assertNotEqual(self.transfer("import", source, check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
