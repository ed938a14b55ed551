#!/usr/bin/env python3
"""Signs and verifies mail with our programs and with those of others, both ways: mailauth_test.py BIN_DIR."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from name_server import NameServer
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
\r
"""
# Debian's interpreter: where its package python3-dkim is found.
DKIMPY = "/usr/bin/python3"


def program(*command, message=b"", status=0):
    done = subprocess.run([str(word) for word in command], input=message, capture_output=True, timeout=PATIENCE)
    if done.returncode != status:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


def ours(name, *arguments, **options):
    return program(os.path.join(BIN, name), *arguments, **options)


def dkimpy(script, *arguments, message=b""):
    return program(DKIMPY, "-c", "import sys, dkim\nmessage = sys.stdin.buffer.read()\nargs = sys.argv[1:]\n" + script,
                   *arguments, message=message)


def has_dkimpy(module="nacl"):
    done = subprocess.run([DKIMPY, "-c", f"import dkim, {module}"], capture_output=True) if os.access(DKIMPY, os.X_OK) else None
    return done is not None and done.returncode == 0


class MailAuth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.texts = {}
        for selector, options in ("rsa", []), ("ed", ["--type", "ed25519"]):
            line = program(BINARY, "dkim", "generate", "one.test", selector, cls.key(selector), *options).decode()
            name, strings = re.fullmatch(r'(\S+)\. IN TXT \( (.*) \)\n', line).groups()
            cls.texts[name] = "".join(re.findall(r'"([^"]*)"', strings))
        cls.dns = NameServer(cls.records())
        cls.dns.__enter__()
        cls.addClassCleanup(cls.dns.__exit__)

    @classmethod
    def records(cls):
        return [(name, "TXT", text) for name, text in cls.texts.items()]

    @classmethod
    def key(cls, selector):
        return cls.folder / f"{selector}.pem"

    def sign(self, selector, message=MESSAGE):
        return ours("sign_mail", "one.test", selector, self.key(selector), message=message)

    def results(self, message):
        return " ".join(ours("verify_mail", self.dns.address, message=message).decode().split())

    def test_ours_verifies_ours(self):
        for selector, algorithm in ("rsa", "rsa-sha256"), ("ed", "ed25519-sha256"):
            signed = self.sign(selector)
            self.assertTrue(signed.endswith(MESSAGE))
            results = self.results(signed)
            self.assertIn("dkim=pass", results)
            self.assertIn(f"header.d=one.test header.s={selector} header.a={algorithm}", results)
            self.assertIn("arc=none", results)
            self.assertIn("dkim=fail", self.results(signed.replace(b"Hello", b"Hullo")))

    def test_the_command_checks_what_is_published(self):
        check = BINARY, "dkim", "check", "one.test"
        resolver = "--resolver", self.dns.address
        self.assertIn(b"pass: the record is that of the key", program(*check, "rsa", self.key("rsa"), *resolver))
        self.assertIn(b"permerror: k= is ed25519", program(*check, "ed", self.key("rsa"), *resolver, status=1))
        self.assertIn(b"no key", program(*check, "none", self.key("rsa"), *resolver, status=1))
        self.assertIn(b'"verdict":"pass"', program(*check, "ed", self.key("ed"), *resolver, "--json"))
        shown = program(BINARY, "dkim", "show", "one.test", "ed", self.key("ed")).decode()
        self.assertEqual(shown, f'ed._domainkey.one.test. IN TXT ( "{self.texts["ed._domainkey.one.test"]}" )\n')

    def test_the_command_is_careful_with_keys(self):
        program(BINARY, "dkim", "generate", "one.test", "rsa", self.key("rsa"), status=1)  # it is there already
        program(BINARY, "dkim", "generate", "one.test", "a b", self.folder / "new.pem", status=1)
        self.assertFalse((self.folder / "new.pem").exists())
        loose = self.folder / "loose.pem"
        shutil.copy(self.key("ed"), loose)
        loose.chmod(0o644)
        program(BINARY, "dkim", "show", "one.test", "ed", loose, status=1)

    @unittest.skipUnless(has_dkimpy(), "no python3-dkim: neither signs for us nor verifies what we sign")
    def test_dkimpy_verifies_ours(self):
        for selector in "rsa", "ed":
            script = "print(dkim.verify(message, dnsfunc=lambda name, timeout=5: args[0].encode()))"
            text = self.texts[f"{selector}._domainkey.one.test"]
            self.assertEqual(dkimpy(script, text, message=self.sign(selector)), b"True\n")
            changed = self.sign(selector).replace(b"Hello", b"Hullo")
            self.assertEqual(dkimpy(script, text, message=changed), b"False\n")

    @unittest.skipUnless(has_dkimpy(), "no python3-dkim: neither signs for us nor verifies what we sign")
    def test_ours_verifies_dkimpys(self):
        pem = self.key("rsa").read_text()
        for header in "simple", "relaxed":
            for body in "simple", "relaxed":
                for length in "False", "True":
                    script = (f"sys.stdout.buffer.write(dkim.sign(message, b'rsa', b'one.test', args[0].encode(), length={length},"
                              f" canonicalize=(b'{header}', b'{body}')))")
                    self.assertIn("dkim=pass", self.results(dkimpy(script, pem, message=MESSAGE) + MESSAGE))

    @unittest.skipUnless(has_dkimpy("authres"), "no python3-dkim and python3-authres: nobody seals for us")
    def test_ours_verifies_dkimpys_chain(self):
        script = ("sys.stdout.buffer.write(b''.join(dkim.arc_sign(message, b'rsa', b'one.test', args[0].encode(), args[1].encode())))")
        pem = self.key("rsa").read_text()

        def sealed(house, chain, message):
            message = f"Authentication-Results: {house}; arc={chain}; spf=pass smtp.mailfrom=ann@one.test\r\n".encode() + message
            return dkimpy(script, pem, house, message=message) + message

        once = sealed("mx.one.test", "none", MESSAGE)
        self.assertIn("arc=pass (i=1)", self.results(once))
        self.assertIn("arc=pass (i=2)", self.results(sealed("lists.one.test", "pass", once)))
        self.assertIn("arc=fail", self.results(once.replace(b"Hello", b"Hullo")))

    @unittest.skipUnless(shutil.which("opendkim-testmsg"), "no opendkim-tools: they do not verify what we sign")
    def test_ours_refuses_opendkims(self):
        """It signs with SHA-1 and with nothing else, which has proved nothing since RFC 8301."""
        signed = program("opendkim-testmsg", "-C", "-d", "one.test", "-s", "rsa", "-k", self.key("rsa"), message=MESSAGE)
        self.assertIn('dkim=permerror reason="rsa-sha1 proves nothing any more"', self.results(signed))

    @unittest.skipUnless(shutil.which("opendkim-testmsg"), "no opendkim-tools: they do not verify what we sign")
    def test_opendkim_verifies_ours(self):
        """It asks where /etc/resolv.conf says: in a network of its own that is us."""
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        (self.folder / "play.py").write_text(f"""
import subprocess, sys
from name_server import NameServer
with NameServer({self.records()!r}, port=53):
    sys.exit(subprocess.run(["opendkim-testmsg"], input=sys.stdin.buffer.read(), timeout={PATIENCE}).returncode)
""")
        inside = (f"ip link set lo up && mount --bind {self.folder}/resolv.conf $(readlink -f /etc/resolv.conf) && "
                  f"exec {sys.executable} {self.folder}/play.py")
        command = ["unshare", "--mount", "--net", "--map-root-user", "sh", "-c", inside]
        if subprocess.run(["unshare", "--mount", "--net", "--map-root-user", "true"], capture_output=True).returncode != 0:
            self.skipTest("no network of one's own here: opendkim does not verify what we sign")
        program(*command, message=self.sign("rsa"))
        changed = self.sign("rsa").replace(b"Hello", b"Hullo")
        done = subprocess.run(command, input=changed, capture_output=True, timeout=PATIENCE)
        self.assertNotEqual(done.returncode, 0, done)


if __name__ == "__main__":
    unittest.main()
