#!/usr/bin/env python3
"""posthouse sendmail as the programs use it that call sendmail: cron, PHP, git, mail programs."""
import os
import pathlib
import poplib
import shutil
import smtplib
import ssl
import stat
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE, Posthouse, run

KEY = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""  # of nobody: RFC 8032 section 7.1
LETTER = b"To: ann@one.test, Team: carl@elsewhere.test, (a comment) <dora@elsewhere.test>;\nSubject: x\nBcc: bob@one.test\n\nHello\n"


class Pipe:
    """The standard input and output of a program, as smtplib wants a socket."""
    def __init__(self, program):
        self.program = program

    def sendall(self, octets):
        self.program.stdin.write(octets)
        self.program.stdin.flush()

    def makefile(self, _mode):
        return self.program.stdout

    def close(self):
        self.program.stdin.close()


class Sendmail(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"
        run("domain", "add", "--data", self.data, "one.test")
        for user in ("ann", "bob"):
            run("account", "add", "--data", self.data, f"{user}@one.test", "--password-stdin", stdin="a secret of words\n")
        self.config = self.folder / "posthouse.toml"
        self.config.write_text(f'hostname = "mail.one.test"\ndata = "{self.data}"\n')
        for name in ("sendmail", "mailq", "newaliases"):
            (self.folder / name).symlink_to(os.path.abspath(BINARY))

    def call(self, *args, letter=LETTER, name="sendmail", status=0):
        """Calls the program by that name, as others find the installed one; returns its output."""
        environment = {**os.environ, "POSTHOUSE_CONFIG": str(self.config)}
        for variable in ("POSTHOUSE_DATA", "POSTHOUSE_DATABASE"):
            environment.pop(variable, None)
        done = subprocess.run([self.folder / name, *args], input=letter, capture_output=True, timeout=PATIENCE,
                              env=environment, cwd=self.folder / "..")
        self.assertEqual(done.returncode, status, done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, b"")
        return (done.stdout + done.stderr).decode()

    def mailbox(self, user):
        """The letters in an INBOX, one after the other, as POP3 gives them."""
        context = ssl._create_unverified_context()
        with Posthouse(domain=None, data=self.data, listen=("pop3s",)) as server:
            client = poplib.POP3_SSL(*server.address("pop3s"), timeout=PATIENCE, context=context)
            client.user(f"{user}@one.test")
            client.pass_("a secret of words")
            letters = [b"\n".join(client.retr(number + 1)[1]).decode() for number in range(client.stat()[0])]
            client.quit()
        return "\n".join(f"{letter}\n" for letter in letters)

    def queue(self):
        with_data = Posthouse(domain=None, data=self.data)
        return with_data.queue()

    def test_recipients_come_from_the_header_and_the_command_line(self):
        self.call("-t", "-i", "-f", "root@one.test", "eve@elsewhere.test")
        self.assertEqual({row["to"] for row in self.queue()},
                         {"carl@elsewhere.test", "dora@elsewhere.test", "eve@elsewhere.test"})
        self.assertEqual({row["from"] for row in self.queue()}, {"root@one.test"})
        for user in ("ann", "bob"):
            text = self.mailbox(user)
            self.assertIn("\nSubject: x\n", text)
            self.assertIn("\nFrom: root@one.test\n", text)
            self.assertIn("\nDate: ", text)
            self.assertRegex(text, "\nMessage-ID: <[^>]+@mail.one.test>\n")
            self.assertIn(f"(Posthouse, from userid {os.getuid()})", text)
            self.assertNotIn("Bcc", text)

    def test_a_resent_letter_goes_to_whom_it_is_resent(self):
        self.call("-ti", letter=b"Resent-To: ann@one.test\nResent-Bcc: fay@elsewhere.test\nTo: bob@one.test\n\nagain\n")
        self.assertEqual([row["to"] for row in self.queue()], ["fay@elsewhere.test"])
        self.assertIn("again", self.mailbox("ann"))
        self.assertNotIn("again", self.mailbox("bob"))
        self.assertNotIn("Resent-Bcc", self.mailbox("ann"))

    def test_as_cron_calls_it(self):
        self.call("-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-f", "bob", "ann",
                  letter=b"From: bob (Cron Daemon)\nTo: ann\nSubject: Cron\nContent-Type: text/plain\n\nout\n.\nput\n")
        text = self.mailbox("ann")
        self.assertIn("\nout\n.\nput\n", text)
        self.assertIn("Return-Path: <bob@one.test>", text)

    def test_a_lone_dot_ends_the_letter(self):
        self.call("ann@one.test", letter=b"Subject: dot\r\n\r\none\r\n.\r\ntwo\r\n")
        text = self.mailbox("ann")
        self.assertIn("one", text)
        self.assertNotIn("two", text)

    def test_a_line_that_is_no_field_ends_the_header(self):
        self.call("-F", "A\nBcc: x@y.test", "ann@one.test", letter=b"From someone Mon Dec  1 00:00:00 2026\nSubject: s\nno field here\nBcc: kept in the text\n")
        text = self.mailbox("ann")
        self.assertIn("\n\nno field here\nBcc: kept in the text\n", text)
        self.assertNotIn("\nBcc: x@y.test", text)
        self.assertIn("\nSubject: s\n", text)

    def test_nothing_is_sent_where_one_recipient_is_wrong(self):
        self.assertIn("nobody@one.test", self.call("ann@one.test", "nobody@one.test", status=67))
        self.assertIn("is not an address", self.call("ann@one.test", "a b@one.test", status=65))
        self.assertIn("is not an address", self.call("-f", "x@y>\r\nDATA", "ann@one.test", status=65))
        self.assertIn("no recipient", self.call("-t", letter=b"Subject: x\n\n", status=65))
        self.assertIn("recipients are wanted", self.call(status=64))
        self.assertIn("serve", self.call("-bd", status=64))
        self.assertIn("-W", self.call("-W", status=64))
        self.assertEqual(self.mailbox("ann"), "")
        self.assertEqual(self.queue(), [])

    def test_options_that_change_nothing_are_taken(self):
        self.call("-v", "-B8BITMIME", "-N", "failure", "-R", "hdrs", "-V", "id", "-OTimeout=1s", "-X", "/dev/null", "-L", "tag",
                  "-Am", "-C", "none.cf", "-G", "-U", "-h", "3", "--", "ann@one.test")
        self.assertIn("Hello", self.mailbox("ann"))
        self.call("-bi")
        self.call(name="newaliases")

    def test_the_queue_is_listed_as_mailq_does(self):
        self.assertIn("Mail queue is empty", self.call("-bp"))
        self.call("-f", "<>", "x@elsewhere.test", "y@elsewhere.test")
        listed = self.call(name="mailq")
        self.assertIn("-Queue ID-", listed)
        self.assertEqual(listed.count("MAILER-DAEMON"), 1)
        for address in ("x@elsewhere.test", "y@elsewhere.test"):
            self.assertIn(f" {address}\n", listed)
        self.call("-q30m")

    def test_beside_a_running_server(self):
        with Posthouse(domain=None, data=self.data, listen=("smtp",)) as server:
            self.call("-t", letter=b"To: ann@one.test\nSubject: beside\n\n" + (b"x" * 70 + b"\n") * 40_000)
            self.assertEqual(server.check(), "")
        self.assertIn("beside", self.mailbox("ann"))

    @unittest.skipUnless(os.getuid() == 0, "needs root: it gives the folder to another user")
    def test_root_makes_no_files_that_the_server_cannot_read(self):
        for path in [self.data, *self.data.rglob("*")]:
            shutil.chown(path, 65534, 65534)
        self.folder.chmod(0o755)
        self.call("-t", letter=b"To: ann@one.test\nSubject: large\n\n" + (b"x" * 70 + b"\n") * 40_000)
        owners = {path.stat().st_uid for path in self.data.rglob("*") if not stat.S_ISSOCK(path.stat().st_mode)}
        self.assertEqual(owners, {65534})

    def other_user(self, *args, letter=LETTER):
        """Calls the program as nobody, who may not look into the data folder."""
        self.folder.chmod(0o755)
        self.config.chmod(0o644)
        environment = {**os.environ, "POSTHOUSE_CONFIG": str(self.config)}
        environment.pop("POSTHOUSE_DATA", None)
        return subprocess.run([self.folder / "sendmail", *args], input=letter, capture_output=True, timeout=PATIENCE,
                              env=environment, cwd="/", user=65534, group=65534, extra_groups=[])

    def server(self, more=""):
        """The server of the configuration, with its hand-in socket where every user finds it."""
        with self.config.open("a") as config:
            config.write(f'[local]\nsocket = "{self.folder}/submission"\n{more}')
        server = Posthouse(domain=None, data=self.data, listen=("smtp",), options=("--config", str(self.config)))
        server.domain = "one.test"
        return server

    @unittest.skipUnless(os.getuid() == 0, "needs root: it becomes another user")
    def test_any_user_hands_letters_to_the_running_server(self):
        self.data.chmod(0o700)
        run("sieve", "put", "--data", self.data, "bob@one.test", "main", "-", "--activate",
            stdin='require "fileinto"; if header "subject" "filed" { discard; }\n')
        with self.server() as server:
            done = self.other_user("-ti", letter=b"To: ann, bob@one.test\nSubject: filed\n\nHello\n.\nmore\n")
            if b"Permission denied" in done.stderr or done.returncode == 126:
                self.skipTest("the program is where no other user can run it")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(server.log(), r"accepted peer=.* user=nobody@")
        text = self.mailbox("ann")
        self.assertIn("(uid 65534)", text)
        self.assertIn("\nFrom: nobody@one.test\n", text)
        self.assertIn("\nHello\n.\nmore\n", text)
        self.assertEqual(self.mailbox("bob"), "")
        done = self.other_user("ann@one.test")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn(b"no server takes letters here", done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "needs root: it becomes another user")
    def test_users_may_be_bound_to_their_own_names(self):
        with self.server('senders = "own"\n'):
            done = self.other_user("-f", "ann@one.test", "bob@one.test")
            self.assertEqual(done.returncode, 77, done.stderr)
            self.assertIn(b"nothing was sent", done.stderr)
            self.assertEqual(self.other_user("ann@one.test").returncode, 0)
            self.call("-f", "ann@one.test", "bob@one.test")
        self.assertIn("Return-Path: <nobody@one.test>", self.mailbox("ann"))
        self.assertIn("Return-Path: <ann@one.test>", self.mailbox("bob"))

    def test_what_programs_send_is_signed(self):
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        (keys / "k.pem").write_text(KEY)
        (keys / "k.pem").chmod(0o600)
        with self.server(f'[[dkim]]\ndomain = "one.test"\nselector = "k"\nkey = "{keys}/k.pem"\n'):
            self.call("-f", "bob@one.test", "ann@one.test")
        self.assertRegex(self.mailbox("ann"), r"DKIM-Signature: [^\n]*")

    def test_a_program_speaks_smtp_with_the_server(self):
        with self.server():
            environment = {**os.environ, "POSTHOUSE_CONFIG": str(self.config)}
            environment.pop("POSTHOUSE_DATA", None)
            with subprocess.Popen([self.folder / "sendmail", "-bs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=environment, cwd="/") as program:
                client = smtplib.SMTP()
                client.sock = Pipe(program)
                self.assertEqual(client.getreply()[0], 220)
                client.ehlo("localhost")
                self.assertFalse(client.has_extn("auth"))
                self.assertEqual(client.sendmail("ann@one.test", ["bob@one.test"], "Subject: bs\r\n\r\nspoken\r\n"), {})
                client.quit()
                self.assertEqual(program.wait(PATIENCE), 0)
        self.assertIn("spoken", self.mailbox("bob"))
        self.call("-bs", status=75)

    def test_a_device_of_a_trusted_network_sends_without_log_in(self):
        server = self.server('[trusted_networks]\nnetworks = ["127.0.0.0/8"]\nsenders = ["scanner@one.test"]\n')
        server.listen.append("submission")
        with server:
            for kind in ("smtp", "submission"):
                with smtplib.SMTP(*server.address(kind), timeout=PATIENCE) as client:
                    client.sendmail("scanner@one.test", ["carl@elsewhere.test"], "Subject: scan\r\n\r\npage\r\n")
                    with self.assertRaises(smtplib.SMTPException):
                        client.sendmail("ann@one.test", ["carl@elsewhere.test"], "Subject: x\r\n\r\ny\r\n")
        self.assertEqual(server.log().count(" trusted=yes "), 2, server.log())
        self.assertEqual([(row["from"], row["to"]) for row in self.queue()], [("scanner@one.test", "carl@elsewhere.test")] * 2)

    @unittest.skipUnless(shutil.which("git"), "git is not installed")
    def test_git_send_email(self):
        if subprocess.run(["git", "send-email", "--dump-aliases"], capture_output=True).returncode != 0:
            self.skipTest("git send-email is not installed")
        patch = self.folder / "0001-x.patch"
        patch.write_text("From: Bob <bob@one.test>\nSubject: [PATCH] x\n\nA change.\n")
        program = f"env POSTHOUSE_CONFIG={self.config} {self.folder / 'sendmail'}"
        done = subprocess.run(["git", "send-email", f"--sendmail-cmd={program} -i", "--confirm=never", "--suppress-cc=all",
                               "--from=bob@one.test", "--to=ann@one.test", str(patch)], capture_output=True, text=True,
                              timeout=PATIENCE, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Subject: [PATCH] x", self.mailbox("ann"))

    @unittest.skipUnless(shutil.which("php"), "php is not installed")
    def test_php(self):
        program = f"env POSTHOUSE_CONFIG={self.config} {self.folder / 'sendmail'} -t -i"
        code = 'exit(mail("ann@one.test", "from PHP", "text\\n.\\nmore", "From: bob@one.test") ? 0 : 1);'
        done = subprocess.run(["php", "-d", f"sendmail_path={program}", "-r", code], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("\nmore", self.mailbox("ann"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
