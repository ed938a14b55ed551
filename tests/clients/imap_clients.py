"""IMAP clients that others wrote against the server: Python's imaplib, curl, mbsync, getmail, imapfilter."""
import imaplib
import mailbox
import os
import pathlib
import threading
import zlib

from house import Case, MESSAGES, PATIENCE, headers_added, main


def data(answer):
    """The octets of the literals of a FETCH."""
    return [part[1] for part in answer[1] if isinstance(part, tuple)]


class Deflated:
    """A socket, and the file that imaplib reads from, with zlib in between (RFC 4978)."""

    def __init__(self, below):
        self.below, self.text, self.received = below, b"", 0
        self.out, self.into = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)

    def __getattr__(self, name):
        return getattr(self.below, name)

    def close(self):
        """The file's end is not yet the socket's, which goes with this object."""

    def sendall(self, octets):
        self.below.sendall(self.out.compress(octets) + self.out.flush(zlib.Z_SYNC_FLUSH))

    def fill(self):
        octets = self.below.recv(65536)
        if not octets:
            raise EOFError("the server has closed the connection")
        self.received += len(octets)
        self.text += self.into.decompress(octets)

    def take(self, size):
        taken, self.text = self.text[:size], self.text[size:]
        return taken

    def read(self, size):
        while len(self.text) < size:
            self.fill()
        return self.take(size)

    def readline(self, limit=-1):
        while b"\n" not in self.text:
            self.fill()
        return self.take(self.text.index(b"\n") + 1)


class ImapCase(Case):
    def setUp(self):
        self.password = "s3cret-word"  # what every program can carry in its configuration
        self.user = self.account()

    def imap(self):
        session = imaplib.IMAP4_SSL(*self.server.address("imaps"), ssl_context=self.tls, timeout=PATIENCE)
        session.login(self.user, self.password)
        self.addCleanup(session.shutdown)
        return session

    def ok(self, answer):
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]


class Imaplib(ImapCase):
    def test_messages_are_read_octet_for_octet(self):
        names = list(MESSAGES)
        self.deliver(*names)
        session = self.imap()
        self.assertEqual(self.ok(session.select("INBOX")), [b"%d" % len(names)])
        for number, name in enumerate(names, 1):
            with self.subTest(name):
                message, = data(session.fetch(str(number), "(BODY.PEEK[])"))
                self.assertIsNotNone(headers_added(message, MESSAGES[name]))
                size = self.ok(session.fetch(str(number), "RFC822.SIZE"))[0]
                self.assertIn(b"RFC822.SIZE %d)" % len(message), size)
                header, text = data(session.fetch(str(number), "(BODY.PEEK[HEADER] BODY.PEEK[TEXT])"))
                self.assertEqual(header + text, message)
                middle, = data(session.fetch(str(number), f"(BODY.PEEK[]<{len(message) // 2}.100>)"))
                self.assertEqual(middle, message[len(message) // 2:len(message) // 2 + 100])

    def test_a_session_of_every_day(self):
        self.deliver("plain", "eight bit")
        session = self.imap()
        session.select("INBOX")
        self.assertEqual(self.ok(session.search(None, "UNSEEN", "SUBJECT", "plain")), [b"1"])
        self.ok(session.store("1", "+FLAGS", "(\\Seen $Label1)"))
        self.assertIn(b"$Label1", self.ok(session.fetch("1", "FLAGS"))[0])
        self.ok(session.create("Kept"))
        self.ok(session.copy("1:2", "Kept"))
        self.ok(session.store("1", "+FLAGS", "\\Deleted"))
        self.assertEqual(self.ok(session.expunge()), [b"1"])
        self.assertEqual(self.ok(session.select("Kept")), [b"2"])
        self.ok(session.append("Kept", "\\Draft", imaplib.Time2Internaldate(1_700_000_000), MESSAGES["folded"]))
        self.ok(session.noop())
        self.assertEqual(self.ok(session.search(None, "DRAFT")), [b"3"])
        self.assertEqual(data(session.fetch("3", "(BODY[])")), [MESSAGES["folded"]])
        self.ok(session.rename("Kept", "Held/below"))
        self.ok(session.close())
        self.ok(session.delete("Held/below"))

    def test_what_comes_is_told_at_noop(self):
        session = self.imap()
        session.select("INBOX")
        self.deliver("plain")
        self.ok(session.noop())
        self.assertEqual(session.untagged_responses["EXISTS"][-1], b"1")


    def test_compressed(self):
        self.deliver("plain", "folded")
        session = self.imap()
        self.ok(session.xatom("COMPRESS", "DEFLATE"))
        session.sock = session.file = Deflated(session.sock)
        status, answer = session.xatom("COMPRESS", "DEFLATE")
        self.assertEqual(status, "NO")
        self.assertIn(b"[COMPRESSIONACTIVE]", answer[0])
        self.assertEqual(self.ok(session.select("INBOX")), [b"2"])
        text = MESSAGES["plain"] + b"and again\r\n" * 50_000
        self.ok(session.append("INBOX", None, None, text))
        self.assertEqual(data(session.fetch("3", "(BODY[])")), [text])
        self.assertLess(session.file.received, len(text) // 10)
        self.ok(session.noop())


class Tools(ImapCase):
    def curl(self, path, *arguments):
        return self.run_tool(self.tool("curl"), "--silent", "--show-error", "--cacert", self.server.certificate, "--user",
                             f"{self.user}:{self.password}", f"imaps://127.0.0.1:{self.server.ports['imaps']}{path}",
                             *arguments).stdout

    def test_curl(self):
        self.deliver("plain", "eight bit")
        self.assertIn(b"INBOX", self.curl("/"))
        self.assertIsNotNone(headers_added(self.curl("/INBOX;UID=2"), MESSAGES["eight bit"]))
        self.assertIn(b"SEARCH 1", self.curl("/INBOX?SUBJECT%20plain"))
        message = self.write("m", MESSAGES["folded"])
        self.curl("/Drafts", "--upload-file", message)
        self.assertEqual(self.curl("/Drafts;UID=1"), MESSAGES["folded"])

    def mbsync_configuration(self, folder):
        return self.write("mbsyncrc", f"""
IMAPAccount house
Host localhost
Port {self.server.ports['imaps']}
User {self.user}
Pass {self.password}
SSLType IMAPS
CertificateFile {self.server.certificate}

IMAPStore far
Account house

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
Sync All
SyncState *
""")

    def test_mbsync_both_ways(self):
        tool = self.tool("mbsync")
        names = ["plain", "dots", "blank lines", "folded", "eight bit"]
        self.deliver(*names)
        folder = pathlib.Path(self.directory())
        configuration = self.mbsync_configuration(folder)
        sync = lambda: self.run_tool(tool, "--config", configuration, "all")
        sync()
        box = mailbox.Maildir(folder / "INBOX", create=False)
        self.assertEqual(len(box), len(names))
        key, message = next(item for item in box.items() if item[1]["Subject"] == "plain")
        message.set_flags("SF")
        box[key] = message
        box.add(b"Subject: from here\n\nhello\n")
        session = self.imap()
        session.select("INBOX")
        self.ok(session.store("5", "+FLAGS", "\\Deleted"))
        self.ok(session.expunge())
        session.close()
        sync()
        self.assertEqual(len(mailbox.Maildir(folder / "INBOX", create=False)), len(names))
        self.assertEqual(self.ok(session.select("INBOX")), [b"%d" % len(names)])
        self.assertEqual(len(self.ok(session.search(None, "FLAGGED"))[0].split()), 1)
        self.assertEqual(len(self.ok(session.search(None, "SUBJECT", '"from here"'))[0].split()), 1)
        session.close()
        before = sorted(p.name for p in (folder / "INBOX").rglob("*") if p.is_file())
        sync()
        self.assertEqual(sorted(p.name for p in (folder / "INBOX").rglob("*") if p.is_file()), before, "nothing is left to do")

    def test_getmail(self):
        tool = self.tool("getmail")
        self.deliver("plain", "folded")
        folder = pathlib.Path(self.directory())
        for name in ("cur", "new", "tmp"):
            (folder / "box" / name).mkdir(parents=True)
        (folder / "getmailrc").write_text(f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = localhost
port = {self.server.ports['imaps']}
username = {self.user}
password = {self.password}
ca_certs = {self.server.certificate}

[destination]
type = Maildir
path = {folder}/box/

[options]
delete = true
delivered_to = false
received = false
""")
        command = [tool, "--getmaildir", folder]
        if os.geteuid() == 0:  # it delivers no mail as root
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, 65534, 65534)
            os.chmod(self.server.data, 0o711)
            os.chmod(self.server.data / "tls", 0o711)
        self.run_tool(*command)
        self.assertEqual(len(list((folder / "box/new").iterdir())), 2)
        self.assertEqual(self.ok(self.imap().select("INBOX")), [b"0"])

    def test_imapfilter_moves(self):
        tool = self.tool("imapfilter")
        self.deliver("plain", "folded")
        folder = pathlib.Path(self.directory())
        (folder / "config.lua").write_text(f"""
options.timeout = 60
account = IMAP {{ server = 'localhost', port = {self.server.ports['imaps']}, username = '{self.user}',
  password = '{self.password}', ssl = 'auto' }}
found = account.INBOX:contain_subject('plain')
found:move_messages(account['Archive'])
""")
        self.run_tool(tool, "-t", self.server.certificate, "-c", folder / "config.lua")
        session = self.imap()
        self.assertEqual(self.ok(session.select("INBOX")), [b"1"])
        self.assertEqual(self.ok(session.select("Archive")), [b"1"])


class Many(ImapCase):
    def test_many_sessions_change_one_mailbox(self):
        """No change is lost, and all sessions come to see the same."""
        self.deliver(*["plain"] * 20)
        sessions = [self.imap() for _ in range(8)]
        for session in sessions:
            session.select("INBOX")
        failures = []

        def work(number, session):
            try:
                for message in range(1, 21):
                    self.ok(session.uid("STORE", str(message), "+FLAGS", f"(k{number})"))
            except Exception as failure:  # told below: a thread's own would be lost
                failures.append(failure)

        threads = [threading.Thread(target=work, args=item) for item in enumerate(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        wanted = sorted(b"k%d" % number for number in range(8))
        for session in sessions:
            self.ok(session.noop())
            for line in self.ok(session.fetch("1:*", "(FLAGS)")):
                flags = line[line.index(b"(FLAGS (") + 8:line.rindex(b"))")].split()
                self.assertEqual(sorted(flag for flag in flags if flag.startswith(b"k")), wanted, line)


if __name__ == "__main__":
    main()
