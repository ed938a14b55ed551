"""What the suites of this directory share: one server, an account for each test, messages hard to carry, comparison."""
import base64
import itertools
import pathlib
import poplib
import shutil
import smtplib
import ssl
import subprocess
import tempfile
import unittest

from posthouse_server import PATIENCE, Posthouse

SENDER = "sender@elsewhere.test"
SKIPPED = []  # what could not be tried on this machine, said at the end of the run

PLAIN = b"From: <sender@elsewhere.test>\r\nTo: <ann@one.test>\r\nSubject: plain\r\n\r\nHello.\r\n"
MESSAGES = {
    "plain": PLAIN,
    "dots": b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n. \r\nend.\r\n.\r\n",
    "eight bit": "Subject: 8\r\n\r\nGrüße, 你好, \u00ff\r\n".encode() + bytes(range(0xA0, 0x100)) + b"\r\n",
    "no body": b"Subject: only a header\r\n",
    "empty body": b"Subject: empty\r\n\r\n",
    "blank lines": b"Subject: blank\r\n\r\n\r\n\r\n \r\n\t\r\n\r\n",
    "long line": b"Subject: long\r\n\r\n" + b"x" * 998 + b"\r\n" + b"." * 998 + b"\r\n",
    "folded": b"Subject: one\r\n\ttwo\r\n  three\r\nX-Empty:\r\n\r\nbody\r\n",
    "many lines": b"Subject: many\r\n\r\n" + b"".join(b".%d dotted\r\n%d\r\n" % (i, i) for i in range(20000)),
    "large": b"Subject: large\r\n\r\n" + (b"0123456789abcdef" * 4 + b"\r\n") * 40000,
}
ADDED = (b"return-path:", b"received:", b"date:", b"message-id:")  # what the server may put in front


def headers_added(received, sent):
    """The names of the fields in front of `sent` in `received`; None when `sent` is not there byte for byte."""
    if not received.endswith(sent):
        return None
    names = []
    for line in received[:len(received) - len(sent)].split(b"\r\n")[:-1]:
        if line[:1] not in (b" ", b"\t"):
            names.append(line.split(b":")[0].lower() + b":")
    return names


class Case(unittest.TestCase):
    """A server for the class, with `options`, and an account for each test."""
    options = ()
    counter = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        cls.server = Posthouse(domain="one.test", options=cls.options).start()
        cls.tls = ssl.create_default_context(cafile=cls.server.certificate)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        problems = cls.server.check()
        cls.server.__exit__(None, None, None)
        assert status == 0, f"the server ended with status {status}"
        assert not problems, problems

    def setUp(self):
        self.password = "pä$$ wörd 密"
        self.user = self.account()

    def account(self):
        name = f"user{next(Case.counter)}"
        self.server.add_account(name, self.password)
        return f"{name}@one.test"

    def deliver(self, *names):
        """Brings these of MESSAGES by SMTP."""
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as session:
            for name in names:
                session.sendmail(SENDER, [self.user], MESSAGES[name], ["BODY=8BITMIME"])

    def write(self, name, text, mode=0o600):
        """A file in a folder of its own."""
        path = pathlib.Path(self.directory()) / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def tool(self, name):
        path = shutil.which(name)
        if path is None:
            self.note(f"{name} is not installed")
            self.skipTest(f"{name} is not installed")
        return path

    def note(self, what):
        """Puts down what could not be tried."""
        SKIPPED.append(f"{self.id()}: {what}")

    def run_tool(self, *command, stdin=b"", status=0):
        done = subprocess.run(list(map(str, command)), input=stdin, capture_output=True, timeout=PATIENCE)
        if status is not None:
            self.assertEqual(done.returncode, status, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}\n"
                             + self.server.log()[-3000:])
        return done

    def directory(self):
        made = tempfile.mkdtemp(prefix="posthouse-clients-")
        self.addCleanup(shutil.rmtree, made)
        return made

    def fetch(self, user=None, password=None):
        """All messages of an account, by poplib over TLS, each as its octets."""
        session = poplib.POP3_SSL(*self.server.address("pop3s"), context=self.tls, timeout=PATIENCE)
        session.encoding = "utf-8"
        session.user(user or self.user)
        session.pass_(password or self.password)
        messages = []
        for number in range(1, session.stat()[0] + 1):
            _, lines, octets = session.retr(number)
            message = b"".join(line + b"\r\n" for line in lines)
            self.assertEqual(session.list(number).split()[2], b"%d" % len(message))
            messages.append(message)
        session.quit()
        return messages

    def submission(self):
        """A submission session under TLS, logged in."""
        session = smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE)
        session.starttls(context=self.tls)
        session.ehlo()
        self.login(session, self.user, self.password)
        return session

    @staticmethod
    def login(session, user, password, mechanism="PLAIN"):
        """smtplib's login() knows ASCII passwords only; this is the same exchange in UTF-8."""
        encode = lambda text: base64.b64encode(text.encode()).decode()
        session.ehlo_or_helo_if_needed()
        if mechanism == "PLAIN":
            code, reply = session.docmd("AUTH", "PLAIN " + encode(f"\0{user}\0{password}"))
        else:
            session.docmd("AUTH", "LOGIN")
            session.docmd(encode(user))
            code, reply = session.docmd(encode(password))
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, reply)

    def assert_carried(self, received, sent, expected=(b"return-path:", b"received:")):
        added = headers_added(received, sent)
        self.assertIsNotNone(added, f"not byte for byte: {received[:600]!r} … {received[-200:]!r}")
        self.assertEqual(added, list(expected))


def main():
    program = unittest.main(module="__main__", exit=False, verbosity=2, warnings="ignore")
    print(f"skipped: {len(SKIPPED)}", *SKIPPED, sep="\n  ")
    raise SystemExit(0 if program.result.wasSuccessful() else 1)
