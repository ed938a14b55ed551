"""Log-ins that never say the password, by programs nobody here wrote: gsasl and msmtp (GNU SASL). The server has SCRAM on, and
people have certificates."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from house import Case, MESSAGES, main
from posthouse_server import run


def issue(folder, name, *more):
    """A certificate below `folder`, by OpenSSL's own program."""
    place = folder / name
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-keyout", f"{place}.key", "-out", f"{place}.pem", *more],
                   check=True, capture_output=True)


class WithoutPasswords(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-people-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        settings = '[login]\nscram = "on"\n'
        if shutil.which("openssl"):
            issue(cls.folder, "people")
            settings += f'client_ca = "{cls.folder / "people.pem"}"\n'
        (cls.folder / "posthouse.toml").write_text(settings)
        cls.options = ("--config", cls.folder / "posthouse.toml")
        super().setUpClass()

    def gsasl(self, protocol, kind, mechanism, *more, status=0):
        return self.run_tool(self.tool("gsasl"), f"--{protocol}", f"--connect=127.0.0.1:{self.server.ports[kind]}",
                             "--starttls", f"--x509-ca-file={self.server.certificate}", "--hostname=mail.one.test",
                             f"--mechanism={mechanism}", "--quiet", *([] if mechanism.endswith("-PLUS") else ["--no-cb"]),
                             *more, status=status)

    def scram(self, protocol, kind, mechanism, password, status=0):
        return self.gsasl(protocol, kind, mechanism, f"--authentication-id={self.user}", f"--password={password}", status=status)

    def test_gsasl_with_a_certificate(self):
        self.tool("openssl")
        issue(self.folder, "person", "-CA", self.folder / "people.pem", "-CAkey", self.folder / "people.key",
              "-addext", f"subjectAltName=email:{self.user}", "-addext", "extendedKeyUsage=clientAuth")
        shown = f"--x509-cert-file={self.folder / 'person.pem'}", f"--x509-key-file={self.folder / 'person.key'}"
        for protocol, kind in ("smtp", "submission"), ("imap", "imap"):
            self.gsasl(protocol, kind, "EXTERNAL", f"--authorization-id={self.user}", *shown)
        self.assertIn("mechanism=EXTERNAL", self.server.log())
        refused = self.gsasl("imap", "imap", "EXTERNAL", f"--authorization-id={self.account()}", *shown, status=None)
        self.assertNotEqual(refused.returncode, 0)

    def test_gsasl(self):
        for protocol, kind in ("smtp", "submission"), ("imap", "imap"):
            for mechanism in "SCRAM-SHA-256", "SCRAM-SHA-1":
                with self.subTest(f"{protocol} {mechanism}"):
                    self.scram(protocol, kind, mechanism, self.password)
                    self.assertIn(f"mechanism={mechanism}", self.server.log())
        refused = self.scram("imap", "imap", "SCRAM-SHA-256", "wrong", status=None)
        self.assertNotEqual(refused.returncode, 0)

    def test_gsasl_binds_to_the_tls_session(self):
        for mechanism in "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS":
            self.scram("imap", "imap", mechanism, self.password)
            self.assertIn(f"mechanism={mechanism}", self.server.log())

    def test_one_password_in_several_spellings(self):
        run("account", "passwd", *self.server.place, self.user, "--password-stdin", stdin="ｐａｓｓ\u00a0word\n")
        self.scram("imap", "imap", "SCRAM-SHA-256", "pass word")

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
