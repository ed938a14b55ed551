"""Log-ins that never say the password, by programs nobody here wrote: gsasl and msmtp (GNU SASL). The server has SCRAM on."""
import os
import tempfile

from house import Case, MESSAGES, main
from posthouse_server import run


class Scram(Case):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as configuration:
            configuration.write('[login]\nscram = "on"\n')
        cls.addClassCleanup(os.unlink, configuration.name)
        cls.options = ("--config", configuration.name)
        super().setUpClass()

    def gsasl(self, protocol, kind, mechanism, password, status=0):
        return self.run_tool(self.tool("gsasl"), f"--{protocol}", f"--connect=127.0.0.1:{self.server.ports[kind]}",
                             "--starttls", f"--x509-ca-file={self.server.certificate}", "--hostname=mail.one.test",
                             f"--mechanism={mechanism}", f"--authentication-id={self.user}", f"--password={password}",
                             "--authorization-id=", "--quiet", *([] if mechanism.endswith("-PLUS") else ["--no-cb"]),
                             status=status)

    def test_gsasl(self):
        for protocol, kind in ("smtp", "submission"), ("imap", "imap"):
            for mechanism in "SCRAM-SHA-256", "SCRAM-SHA-1":
                with self.subTest(f"{protocol} {mechanism}"):
                    self.gsasl(protocol, kind, mechanism, self.password)
                    self.assertIn(f"mechanism={mechanism}", self.server.log())
        refused = self.gsasl("imap", "imap", "SCRAM-SHA-256", "wrong", status=None)
        self.assertNotEqual(refused.returncode, 0)

    def test_gsasl_binds_to_the_tls_session(self):
        for mechanism in "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS":
            self.gsasl("imap", "imap", mechanism, self.password)
            self.assertIn(f"mechanism={mechanism}", self.server.log())

    def test_one_password_in_several_spellings(self):
        run("account", "passwd", *self.server.place, self.user, "--password-stdin", stdin="ｐａｓｓ\u00a0word\n")
        self.gsasl("imap", "imap", "SCRAM-SHA-256", "pass word")

    def test_msmtp(self):
        msmtp = self.tool("msmtp")
        head = b"From: <%s>\nTo: <%s>\nDate: Mon, 01 Jan 2024 00:00:00 +0000\nMessage-ID: <a@b>\n" % (
            self.user.encode(), self.user.encode())
        for mechanism in "scram-sha-1", "scram-sha-256":
            configuration = self.write("msmtprc", (
                f"account default\nhost 127.0.0.1\nport {self.server.ports['submission']}\nfrom {self.user}\n"
                f"tls on\ntls_starttls on\ntls_trust_file {self.server.certificate}\nauth {mechanism}\nuser {self.user}\n"
                f"password {self.password}\nset_from_header off\nset_date_header off\nset_msgid_header off\n"))
            self.run_tool(msmtp, f"--file={configuration}", self.user,
                          stdin=head + MESSAGES["plain"].replace(b"\r\n", b"\n"))
        self.assertEqual(len(self.fetch()), 2)


if __name__ == "__main__":
    main()
