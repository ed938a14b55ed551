"""Mail programs people use against the server: curl, swaks, msmtp, mpop, fetchmail."""
import os
import pathlib
import smtplib

from house import Case, MESSAGES, PATIENCE, PLAIN, SENDER, main

# For programs that end lines with LF: no more than that may differ.
TEXT = ["plain", "dots", "blank lines", "folded", "many lines", "eight bit"]


def lf(message):
    return message.replace(b"\r\n", b"\n")


class Tools(Case):
    def setUp(self):
        self.password = "s3cret-word"  # what every program can carry in its configuration
        self.user = self.account()

    def url(self, kind, scheme, path=""):
        return f"{scheme}://127.0.0.1:{self.server.ports[kind]}{path}"

    def curl(self, *arguments, status=0):
        return self.run_tool(self.tool("curl"), "--silent", "--show-error", "--cacert", self.server.certificate,
                             *arguments, status=status).stdout

    def test_curl_sends(self):
        upload = "--mail-from", self.user, "--mail-rcpt", self.user
        login = "--user", f"{self.user}:{self.password}"
        complete = b"From: <%s>\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\nMessage-ID: <a@b>\r\n" % self.user.encode()
        sent = [complete + MESSAGES[name] for name in ("plain", "dots", "many lines")]
        sent = [message.replace(b"From: <sender@elsewhere.test>\r\n", b"") for message in sent]
        for message in sent:
            self.curl(self.url("smtp", "smtp"), *upload, "--upload-file", self.write("m", message))
            self.curl(self.url("submission", "smtp"), "--ssl-reqd", *login, *upload, "--upload-file", self.write("m", message))
            self.curl(self.url("submissions", "smtps"), *login, *upload, "--upload-file", self.write("m", message))
        received = self.fetch()
        self.assertEqual(len(received), 9)
        for index, message in enumerate(received):
            self.assert_carried(message, sent[index // 3])

    def test_curl_with_several_recipients_and_a_wrong_password(self):
        other = self.account()
        message = self.write("m", PLAIN)
        self.curl(self.url("smtp", "smtp"), "--mail-from", SENDER, "--mail-rcpt", self.user, "--mail-rcpt", other,
                  "--upload-file", message)
        self.assertEqual(len(self.fetch()), 1)
        self.assertEqual(len(self.fetch(other)), 1)
        denied = 67  # CURLE_LOGIN_DENIED
        self.curl(self.url("submissions", "smtps"), "--user", f"{self.user}:wrong", "--mail-from", self.user, "--mail-rcpt",
                  self.user, "--upload-file", message, status=denied)
        self.curl(self.url("pop3s", "pop3s"), "--user", f"{self.user}:wrong", status=denied)

    def test_curl_reads_and_deletes(self):
        names = list(MESSAGES)
        self.deliver(*names)
        login = "--user", f"{self.user}:{self.password}"
        for kind, scheme, options in ("pop3s", "pop3s", ()), ("pop3", "pop3", ("--ssl-reqd",)):
            listing = self.curl(self.url(kind, scheme), *login, *options)
            self.assertEqual(len(listing.splitlines()), len(names))
            for number, name in enumerate(names, 1):
                with self.subTest(f"{scheme} {name}"):
                    message = self.curl(self.url(kind, scheme, f"/{number}"), *login, *options)
                    self.assert_carried(message, MESSAGES[name])
                    self.assertEqual(int(listing.splitlines()[number - 1].split()[1]), len(message))
        uids = self.curl(self.url("pop3s", "pop3s"), *login, "--request", "UIDL").splitlines()
        self.assertEqual(len(uids), len(names))
        top = self.curl(self.url("pop3s", "pop3s"), *login, "--request", "TOP 2 1")
        self.assertTrue(top.endswith(b"Subject: dots\r\n\r\n.\r\n"), top)
        self.curl(self.url("pop3s", "pop3s", "/1"), *login, "--request", "DELE", "--head")
        left = self.curl(self.url("pop3s", "pop3s"), *login, "--request", "UIDL").splitlines()
        self.assertEqual([line.split()[1] for line in left], [line.split()[1] for line in uids[1:]])

    def test_swaks(self):
        swaks = self.tool("swaks")
        common = "--server", "127.0.0.1", "--from", self.user, "--to", self.user, "--ehlo", "client.test"
        login = "--auth-user", self.user, "--auth-password", self.password
        self.run_tool(swaks, *common, "--port", self.server.ports["smtp"])
        support = self.run_tool(swaks, "--support")
        if b"TLS supported" not in support.stdout + support.stderr:
            self.note("swaks cannot do TLS here: libnet-ssleay-perl is not installed")
            return
        self.run_tool(swaks, *common, "--port", self.server.ports["smtp"], "--tls", "--pipeline")
        for mechanism in "PLAIN", "LOGIN":
            self.run_tool(swaks, *common, *login, "--port", self.server.ports["submission"], "--tls", "--auth", mechanism)
        attachment = self.write("dots.txt", MESSAGES["dots"])
        self.run_tool(swaks, *common, *login, "--port", self.server.ports["submissions"], "--tls-on-connect", "--auth", "PLAIN",
                      "--attach", f"@{attachment}")
        messages = self.fetch()
        self.assertEqual(len(messages), 5)
        self.assertIn(b'filename="dots.txt"', messages[4])
        refused = self.run_tool(swaks, *common, "--auth-user", self.user, "--auth-password", "wrong", "--tls", "--auth", "PLAIN",
                                "--port", self.server.ports["submission"], status=None)
        self.assertEqual(refused.returncode, 28, refused.stdout)  # swaks: authentication failed

    def test_msmtp(self):
        msmtp = self.tool("msmtp")
        base = (f"account default\nhost 127.0.0.1\nfrom {self.user}\ntls_trust_file {self.server.certificate}\n"
                f"tls on\nauth on\nuser {self.user}\nset_from_header off\nset_date_header off\nset_msgid_header off\n")
        head = b"From: <%s>\nTo: <%s>\nDate: Mon, 01 Jan 2024 00:00:00 +0000\nMessage-ID: <a@b>\n" % (
            self.user.encode(), self.user.encode())
        sent = []
        for kind, starttls in ("submission", "on"), ("submissions", "off"):
            configuration = self.write("msmtprc", base + f"password {self.password}\ntls_starttls {starttls}\n"
                                                         f"port {self.server.ports[kind]}\n")
            for name in "dots", "many lines", "folded":
                message = head + lf(MESSAGES[name])
                self.run_tool(msmtp, f"--file={configuration}", self.user, stdin=message)
                sent.append(message.replace(b"\n", b"\r\n"))
        for received, message in zip(self.fetch(), sent, strict=True):
            self.assert_carried(received, message)
        wrong = self.write("msmtprc", base + f"password wrong\nport {self.server.ports['submission']}\n")
        self.assertEqual(self.run_tool(msmtp, f"--file={wrong}", self.user, stdin=head, status=None).returncode,
                         os.EX_NOPERM)

    def maildir(self):
        directory = pathlib.Path(self.directory())
        for name in "cur", "new", "tmp":
            (directory / name).mkdir()
        return directory

    def test_mpop(self):
        mpop = self.tool("mpop")
        self.deliver(*TEXT)
        expected = sorted(lf(message) for message in self.fetch())
        for kind, starttls, keep in ("pop3", "on", "on"), ("pop3s", "off", "off"):
            inbox = self.maildir()
            configuration = self.write("mpoprc", (
                f"account default\nhost 127.0.0.1\nport {self.server.ports[kind]}\nuser {self.user}\n"
                f"password {self.password}\ntls on\ntls_starttls {starttls}\ntls_trust_file {self.server.certificate}\n"
                f"delivery maildir {inbox}\nuidls_file {inbox}/uidls\nkeep {keep}\nreceived_header off\n"))
            self.run_tool(mpop, f"--file={configuration}")
            self.assertEqual(sorted(file.read_bytes() for file in (inbox / "new").iterdir()), expected)
            self.assertEqual(len(self.fetch()), len(TEXT) if keep == "on" else 0)

    def test_fetchmail(self):
        fetchmail = self.tool("fetchmail")
        self.deliver(*TEXT)
        expected = [lf(message) for message in self.fetch()]
        for kind, ssl_options, keep in (("pop3", "sslproto 'TLS1.2+'", "keep"), ("pop3s", "ssl", "nokeep")):
            inbox = self.directory()
            # The body and most headers pass unchanged; fetchmail puts its own Received in front.
            agent = self.write("agent", f"#!/bin/sh\ncat > {inbox}/$$\necho $$ >> {inbox}/order\n", 0o700)
            configuration = self.write("fetchmailrc", (
                f"poll localhost via 127.0.0.1 protocol pop3 port {self.server.ports[kind]}\n"
                f"  username '{self.user}' password '{self.password}' is '{os.environ.get('USER', 'root')}' here\n"
                f"  {ssl_options} sslcertck sslcertfile '{self.server.certificate}' sslcommonname 'localhost'\n"
                f"  {keep} fetchall norewrite mda '{agent}'\n"))
            state = self.directory()
            self.run_tool("env", f"FETCHMAILHOME={state}", fetchmail, "--fetchmailrc", configuration, "--nodetach", "--nosyslog",
                          "--invisible", "--idfile", f"{state}/ids", "--pidfile", f"{state}/pid")
            order = (pathlib.Path(inbox) / "order").read_text().split()
            got = [(pathlib.Path(inbox) / name).read_bytes() for name in order]
            self.assertEqual(len(got), len(expected))
            for mine, theirs in zip(got, expected):
                self.assertEqual(mine.split(b"\n\n", 1)[1], theirs.split(b"\n\n", 1)[1])
            self.assertEqual(len(self.fetch()), len(TEXT) if keep == "keep" else 0)


if __name__ == "__main__":
    main()
