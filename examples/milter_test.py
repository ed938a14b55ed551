#!/usr/bin/env python3
"""Asks milters nobody here wrote, opendkim and rspamd, about mail: milter_test.py BIN_DIR."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from posthouse_server import BINARY, PATIENCE

BIN = sys.argv.pop(1)
MESSAGE = b"""From: Ann <ann@one.test>\r
To: bob@two.test\r
Subject: a   long\r
\tsubject\r
Date: Mon, 30 Nov 2026 12:00:00 +0000\r
Message-ID: <1@one.test>\r
\r
Hello  Bob,\r
\r
.how are you? \r
\r
"""
GTUBE = b"JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
DKIMPY = "/usr/bin/python3"  # Debian's interpreter: where its package python3-dkim is found


def program_of(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Milter:
    """A milter that runs while the block does, in a folder of its own. `patient`: it is asked to end, and ends those it has started."""

    def __init__(self, command, connect, folder, patient=False):
        self.command, self.connect, self.log, self.patient = command, connect, folder / "milter.log", patient

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect().close()
                return self
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    raise AssertionError(f"{self.command[0]} does not listen: {self.log.read_text()}") from error
                time.sleep(0.05)  # asked again, not waited for

    def __exit__(self, *_):
        if self.patient:
            self.process.terminate()
        else:
            self.process.kill()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def to_path(path):
    stream = socket.socket(socket.AF_UNIX)
    try:
        stream.connect(str(path))
    except OSError:
        stream.close()
        raise
    return stream


def asked(endpoint, message=MESSAGE):
    return subprocess.run([os.path.join(BIN, "filter_mail"), endpoint, "ann@one.test", "bob@two.test"], input=message,
                          capture_output=True, timeout=PATIENCE)


class Milters(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_nobody_there(self):
        done = asked(f"unix:{self.folder}/none")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"message: tempfail, because", done.stderr)
        self.assertEqual(done.stdout, b"")

    def opendkim(self, at, connect):
        key = self.folder / "rsa.pem"
        if not key.exists():
            made = subprocess.run([BINARY, "dkim", "generate", "one.test", "rsa", str(key)], capture_output=True, timeout=PATIENCE)
            self.assertEqual(made.returncode, 0, made.stderr)
        (self.folder / "opendkim.conf").write_text(
            f"Domain one.test\nSelector rsa\nKeyFile {key}\nMode s\nCanonicalization relaxed/simple\nSocket {at}\n"
            f"RequireSafeKeys no\nBackground no\nSyslog no\n")
        return Milter([program_of("opendkim"), "-f", "-x", self.folder / "opendkim.conf"], connect, self.folder)

    @unittest.skipUnless(program_of("opendkim"), "no opendkim: it is not asked as a milter")
    def test_opendkim_signs(self):
        port = free_port()
        path = self.folder / "milter.sock"
        for at, endpoint, connect in (
                (f"inet:{port}@127.0.0.1", f"inet:{port}@127.0.0.1", lambda: socket.create_connection(("127.0.0.1", port), 1)),
                (f"local:{path}", f"unix:{path}", lambda: to_path(path))):
            with self.opendkim(at, connect):
                done = asked(endpoint)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"bob@two.test: go on", done.stderr)
            self.assertIn(b"it puts DKIM-Signature at", done.stderr)
            self.assertTrue(done.stdout.startswith(b"DKIM-Signature: "), done.stdout)
            self.assertTrue(done.stdout.endswith(MESSAGE), done.stdout)
            self.verify(done.stdout)

    def verify(self, signed):
        """What was told of the message, octet by octet, is what was signed."""
        shown = subprocess.run([BINARY, "dkim", "show", "one.test", "rsa", str(self.folder / "rsa.pem")], capture_output=True,
                               text=True, timeout=PATIENCE).stdout
        text = "".join(shown.split('"')[1::2])
        script = ("import sys, dkim\nmessage = sys.stdin.buffer.read()\n"
                  "print(dkim.verify(message, dnsfunc=lambda name, timeout=5: sys.argv[1].encode()))")
        done = subprocess.run([DKIMPY, "-c", script, text], input=signed, capture_output=True, timeout=PATIENCE)
        if b"No module named" in done.stderr:
            print("no python3-dkim: what opendkim signed is not verified")
            return
        self.assertEqual(done.stdout, b"True\n", done.stderr)

    @unittest.skipUnless(program_of("rspamd"), "no rspamd: it is not asked as a milter")
    def test_rspamd_judges(self):
        port = free_port()
        (self.folder / "domains").write_text("test\n")  # its own list takes 20 s to compile
        (self.folder / "rspamd.conf").write_text(f"""
options {{ url_tld = "{self.folder}/domains"; pidfile = "{self.folder}/rspamd.pid"; filters = ""; dns {{ nameserver = ["127.0.0.1:9"]; timeout = 1ms; retransmits = 1; }}
  hs_cache_dir = "{self.folder}"; cache_file = "{self.folder}/symbols.cache"; enable_test_patterns = true; }}
logging {{ type = "console"; level = "warning"; }}
worker "rspamd_proxy" {{ bind_socket = "127.0.0.1:{port}"; milter = yes; count = 1; upstream "local" {{ self_scan = yes; default = yes; }} }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
""")
        command = [program_of("rspamd"), "-f", "-c", self.folder / "rspamd.conf", "--insecure"]
        with Milter(command, lambda: socket.create_connection(("127.0.0.1", port), 1), self.folder, patient=True) as milter:
            endpoint = f"inet:{port}@127.0.0.1"
            good = asked(endpoint)
            spam = asked(endpoint, MESSAGE + b"X" + GTUBE)
            suspect = asked(endpoint, MESSAGE + b"Y" + GTUBE)
        words = milter.log.read_text()
        self.assertEqual(good.returncode, 0, good.stderr.decode() + words)
        self.assertEqual(good.stdout, MESSAGE)
        self.assertEqual(spam.returncode, 1, spam.stderr.decode() + words)
        self.assertIn(b"message: reject, 554 Gtube pattern", spam.stderr)
        self.assertEqual(suspect.returncode, 0, suspect.stderr.decode() + words)
        self.assertIn(b"X-Spam: Yes\r\n", suspect.stdout)


if __name__ == "__main__":
    unittest.main()
