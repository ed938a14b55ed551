"""IMAP programs that people sit before, or that keep a copy of a mailbox: neomutt, alpine, offlineimap, and imapflow of npm."""
import json
import mailbox
import os
import pathlib
import pty
import select
import signal
import subprocess
import time

from house import MESSAGES, PATIENCE, main
from imap_clients import ImapCase


class Terminal:
    """A program on a terminal of 100 by 40, of which this is the other end."""

    def __init__(self, command, folder):
        self.shown = b""
        self.child, self.screen = pty.fork()
        if self.child == 0:
            os.environ.update(HOME=str(folder), TERM="xterm", COLUMNS="100", LINES="40", LANG="C.UTF-8")
            os.execvp(command[0], command)
        self.deadline = time.monotonic() + PATIENCE

    def read(self):
        """What it shows next; False at its end."""
        ready, _, _ = select.select([self.screen], [], [], max(0, self.deadline - time.monotonic()))
        try:
            piece = os.read(self.screen, 65536) if ready else b""
        except OSError:  # the kernel's word for the end of a terminal
            piece = b""
        self.shown += piece
        return bool(piece)

    def wait_for(self, text):
        while text not in self.shown:
            assert self.read(), f"it did not show {text!r}: {self.shown[-3000:]!r}"
        self.shown = self.shown.partition(text)[2]

    def type(self, keys):
        os.write(self.screen, keys.encode())

    def end(self):
        """Its exit status; None where it had to be killed."""
        while self.read():
            pass
        if time.monotonic() >= self.deadline:
            os.kill(self.child, signal.SIGKILL)
        _, status = os.waitpid(self.child, 0)
        os.close(self.screen)
        return os.waitstatus_to_exitcode(status) if not os.WIFSIGNALED(status) else None


class Programs(ImapCase):
    def at(self):
        return f"localhost:{self.server.ports['imaps']}"

    def counts(self, *names):
        session = self.imap()
        return {name: int(self.ok(session.select(name))[0]) for name in names}

    def test_neomutt_flags_copies_and_saves(self):
        tool = self.tool("neomutt")
        self.deliver("plain", "folded", "dots")
        folder = pathlib.Path(self.directory())
        (folder / "cache").mkdir()
        (folder / "neomuttrc").write_text(f"""
set imap_user="{self.user}" imap_pass="{self.password}" folder="imaps://{self.at()}" spoolfile="+INBOX"
set certificate_file="{self.server.certificate}" ssl_force_tls=yes
set header_cache="{folder}/cache" message_cachedir="{folder}/cache" imap_check_subscribed=no imap_qresync=yes
set confirmappend=no confirmcreate=no delete=yes quit=yes move=no mark_old=no wait_key=no sort=mailbox-order
push "1<enter><flag-message><copy-message>=Archive<enter><next-entry><save-message>=Archive<enter><quit>"
""")
        terminal = Terminal([tool, "-n", "-F", str(folder / "neomuttrc")], folder)
        self.assertEqual(terminal.end(), 0, terminal.shown[-3000:])
        session = self.imap()
        self.assertEqual(self.ok(session.select("INBOX")), [b"2"])
        self.assertEqual(self.ok(session.search(None, "FLAGGED")), [b"1"])
        self.assertEqual(self.ok(session.select("Archive")), [b"2"])

    def test_alpine_saves_and_expunges(self):
        tool = self.tool("alpine")
        self.deliver("plain", "folded", "dots")
        folder = pathlib.Path(self.directory())
        server = f"{{{self.at()}/imap/ssl/novalidate-cert/user={self.user}}}"
        (folder / "pinerc").write_text(f"""
inbox-path={server}INBOX
folder-collections=Mail {server}[]
feature-list=quit-without-confirm,expunge-without-confirm,enable-flag-cmd,no-quell-folder-internal-msg
last-time-prune-questioned=200.1
last-version-used=9.99
initial-keystroke-list=
""")
        terminal = Terminal([tool, "-p", str(folder / "pinerc"), "-i"], folder)
        terminal.wait_for(b"ENTER PASSWORD")
        terminal.type(self.password + "\r")
        terminal.wait_for(b"Preserve password")
        terminal.type("n")
        terminal.wait_for(b"MESSAGE INDEX")
        terminal.type("s")
        terminal.wait_for(b"SAVE")
        terminal.type("Archive\r")
        terminal.wait_for(b"DEL")  # behind the number of the message: it has been saved
        terminal.type("q")
        self.assertEqual(terminal.end(), 0, terminal.shown[-3000:])
        self.assertEqual(self.counts("INBOX", "Archive"), {"INBOX": 2, "Archive": 1})

    def test_offlineimap_both_ways(self):
        tool = self.tool("offlineimap")
        self.deliver("plain", "dots", "folded", "eight bit")
        folder = pathlib.Path(self.directory())
        (folder / "offlineimaprc").write_text(f"""
[general]
accounts = house
metadata = {folder}/metadata
ui = quiet

[Account house]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {folder}/mail
sep = /

[Repository far]
type = IMAP
remotehost = localhost
remoteport = {self.server.ports['imaps']}
remoteuser = {self.user}
remotepass = {self.password}
ssl = yes
sslcacertfile = {self.server.certificate}
folderfilter = lambda name: name in ('INBOX', 'Archive')
""")
        sync = lambda: self.run_tool(tool, "-c", folder / "offlineimaprc", "-o")
        sync()
        box = mailbox.Maildir(folder / "mail/INBOX", create=False)
        self.assertEqual(len(box), 4)
        key, message = next(item for item in box.items() if item[1]["Subject"] == "plain")
        message.set_flags("SF")
        box[key] = message
        box.add(mailbox.MaildirMessage(b"Subject: from here\nMessage-ID: <1@here.test>\n\nhello\n"))
        session = self.imap()
        session.select("INBOX")
        self.ok(session.store("4", "+FLAGS", "\\Deleted"))
        self.ok(session.expunge())
        session.close()
        sync()
        self.assertEqual(len(mailbox.Maildir(folder / "mail/INBOX", create=False)), 4)
        self.assertEqual(self.ok(session.select("INBOX")), [b"4"])
        self.assertEqual(len(self.ok(session.search(None, "FLAGGED"))[0].split()), 1)
        self.assertEqual(len(self.ok(session.search(None, "SUBJECT", '"from here"'))[0].split()), 1)
        session.close()
        sync()
        self.assertEqual(self.ok(session.select("INBOX")), [b"4"], "nothing is left to do")

    def test_imapflow(self):
        node, npm = self.tool("node"), self.tool("npm")
        folder = pathlib.Path(self.directory())
        made = subprocess.run([npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "imapflow@1"], capture_output=True,
                              timeout=PATIENCE * 2)
        if made.returncode != 0:
            self.note("npm cannot install imapflow here")
            self.skipTest("npm cannot install imapflow here")
        self.deliver("plain", "eight bit", "folded")
        (folder / "play.mjs").write_text("""
import { ImapFlow } from 'imapflow';
const [port, user, pass] = process.argv.slice(2);
const client = new ImapFlow({ host: 'localhost', port: Number(port), secure: true, auth: { user, pass }, logger: false, qresync: true,
  clientInfo: { name: 'imapflow' } });
const told = { exists: 0, flags: 0, expunge: 0 };
for (const kind of Object.keys(told)) { client.on(kind, () => { told[kind] += 1; }); }
await client.connect();
const folders = (await client.list()).map((folder) => [folder.path, folder.specialUse || '']);
const status = await client.status('INBOX', { messages: true, unseen: true, uidNext: true, highestModseq: true });
const created = await client.mailboxCreate(['Kept', 'below']);
const lock = await client.getMailboxLock('INBOX');
const subjects = [];
for await (const message of client.fetch('1:*', { envelope: true, bodyStructure: true, flags: true, source: true, threadId: true })) {
  subjects.push([message.envelope.subject, message.source.length, message.bodyStructure.type]);
}
const appended = await client.append('INBOX', 'Subject: from imapflow\\r\\n\\r\\nhello\\r\\n', ['\\\\Seen', '$Label1'], new Date(0));
const found = await client.search({ subject: 'plain', seen: false });
const flagged = await client.messageFlagsAdd(found, ['\\\\Flagged', 'colour']);
const moved = await client.messageMove(found, 'Kept/below');
const copied = await client.messageCopy('1', 'Kept/below');
const download = await client.download(String(appended.uid), undefined, { uid: true });
let octets = 0;
for await (const piece of download.content) { octets += piece.length; }
const deleted = await client.messageDelete('1');
await client.noop();
lock.release();
const quota = await client.getQuota('INBOX');
const kept = await client.status('Kept/below', { messages: true });
const left = await client.status('INBOX', { messages: true });
await client.mailboxRename('Kept/below', 'Kept/renamed');
await client.mailboxDelete('Kept/renamed');
await client.logout();
console.log(JSON.stringify({ folders, messages: status.messages, created: created.created, subjects, found, flagged,
  moved: moved.uidMap.size, copied: copied.uidMap.size, octets, deleted, kept: kept.messages, left: left.messages, told, quota: quota !== false }));
""")
        done = self.run_tool("env", f"NODE_EXTRA_CA_CERTS={self.server.certificate}", node, folder / "play.mjs",
                             self.server.ports["imaps"], self.user, self.password)
        said = json.loads(done.stdout)
        self.assertIn(["INBOX", "\\Inbox"], said["folders"])
        self.assertIn("\\Sent", [use for _, use in said["folders"]])
        self.assertEqual([subject for subject, _, _ in said["subjects"]], ["plain", "8", "one\ttwo  three"])
        self.assertEqual((said["messages"], said["created"], said["found"], said["flagged"]), (3, True, [1], True))
        self.assertEqual((said["moved"], said["copied"], said["deleted"], said["kept"], said["left"]), (1, 1, True, 2, 2))
        self.assertGreater(said["octets"], 0)
        self.assertGreaterEqual(said["told"]["expunge"], 2)


if __name__ == "__main__":
    main()
