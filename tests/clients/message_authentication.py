#!/usr/bin/env python3
"""Two servers and a DNS of the test: dkimpy verifies what one signs and sends, the other verifies what dkimpy signs; the
policies of DMARC are done, what the DNS leaves open waits, keys are read anew at SIGHUP."""
import base64
import email
import email.policy
import imaplib
import json
import os
import pathlib
import signal
import smtplib
import ssl
import sys
import tempfile
import time
import unittest

from name_server import NameServer
from posthouse_server import PATIENCE, Posthouse, run

try:
    import dkim
except ImportError:
    if os.path.exists("/usr/bin/python3") and sys.argv[-1] != "--again":  # Debian's, which packages are for
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv, "--again"])
    print("skipped: what dkimpy says is not asked (package python3-dkim)")
    sys.exit(0)

LETTER = (b"From: <%s>\r\nTo: <hong@two.test>\r\nSubject: hello\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\n"
          b"Message-ID: <1@one.test>\r\n\r\nHello,\r\n\r\n  to you.\t\r\n.\r\n\r\n")


def wait_until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise AssertionError("not in time: " + what)
        time.sleep(0.02)


class MessageAuthentication(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.dns = NameServer([("_dmarc.one.test", "TXT", "v=DMARC1; p=reject"), ("one.test", "TXT", "v=spf1 -all"),
                               ("_dmarc.peer.test", "TXT", "v=DMARC1; p=quarantine"),
                               ("localhost", "A", "127.0.0.1")], silent={"_dmarc.slow.test"})
        self.dns.__enter__()
        self.addCleanup(self.dns.__exit__)

    def key(self, domain, selector, kind):
        file = self.folder / f"{domain}.{selector}.pem"
        record = run("dkim", "generate", domain, selector, file, "--type", kind, "--json").stdout
        record = json.loads(record)
        self.dns.records.append((record["name"].rstrip("."), "TXT", record["text"]))
        return file

    def house(self, domain, user, text, options=()):
        config = self.folder / f"{domain}.toml"
        config.write_text(f'resolver = "{self.dns.address}"\n' + text)
        server = Posthouse(domain, {user: "secret words"}, options=["--config", config, *options])
        self.addCleanup(server.__exit__, None, None, None)
        return server.start()

    def verifier(self, text=""):
        return self.house("two.test", "hong", f'[authentication]\ntrusted = []\ntimeout = "2s"\n{text}')

    def mailbox(self, server, name="INBOX"):
        context = ssl.create_default_context(cafile=server.certificate)
        context.check_hostname = False
        with imaplib.IMAP4(*server.address("imap")) as client:
            client.starttls(context)
            client.login(f"hong@{server.domain}", "secret words")
            client.select(name)
            found = client.uid("SEARCH", "ALL")[1][0].split()
            return [client.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1] for uid in found]

    def hand_in(self, server, sender, to, letter):
        context = ssl.create_default_context(cafile=server.certificate)
        context.check_hostname = False
        with smtplib.SMTP(*server.address("submission")) as client:
            client.starttls(context=context)
            client.login(f"ann@{server.domain}", "secret words")
            client.sendmail(sender, to, letter)

    def send(self, server, sender, letter):
        """As a host of the network does; the reply."""
        with smtplib.SMTP(*server.address("smtp")) as client:
            client.ehlo("mx.peer.test")
            client.mail(sender)
            client.rcpt("hong@two.test")
            code, text = client.data(letter)
            return code, text.decode()

    def lookup(self, name, timeout=5):
        for owner, kind, value in self.dns.records:
            if kind == "TXT" and owner == name.decode().rstrip(".").lower():
                return value.encode()
        return None

    @staticmethod
    def results(message):
        fields = email.message_from_bytes(message, policy=email.policy.default).get_all("Authentication-Results", [])
        return [" ".join(field.split()) for field in fields]

    def test_the_journey_from_house_to_house(self):
        two = self.verifier('dmarc = "reject"\n')
        keys = "".join(f'[[dkim]]\ndomain = "one.test"\nselector = "{selector}"\nkey = "{self.key("one.test", selector, kind)}"\n'
                       for selector, kind in (("r", "rsa"), ("e", "ed25519")))
        one = self.house("one.test", "ann", keys, ["--route", "two.test=127.0.0.1:%d" % two.ports["smtp"]])
        self.hand_in(one, "ann@one.test", ["hong@two.test"], LETTER % b"ann@one.test")
        big = LETTER % b"ann@one.test" + b"0123456789 abcdef  \r\n" * 150_000
        self.hand_in(one, "ann@one.test", ["hong@two.test"], big)
        wait_until(lambda: not one.queue(), "the relay " + one.log())
        letters = self.mailbox(two)
        self.assertEqual(len(letters), 2, two.log())
        for letter in letters:
            found = self.results(letter)
            self.assertEqual(len(found), 1)
            self.assertTrue(found[0].startswith("mail.two.test;"), found)
            self.assertEqual(found[0].count("dkim=pass"), 2, found)
            self.assertIn("dmarc=pass", found[0])
            self.assertIn("spf=fail", found[0])
            sent = letter[letter.index(b"DKIM-Signature:"):]
            for index in range(2):
                self.assertTrue(dkim.DKIM(sent).verify(index, dnsfunc=self.lookup), index)
        self.assertIn(" dkim=pass:one.test,pass:one.test ", two.log())

    def test_a_new_key_after_a_signal(self):
        two = self.verifier()
        one = self.house("one.test", "ann", "", ["--route", "two.test=127.0.0.1:%d" % two.ports["smtp"]])
        self.hand_in(one, "ann@one.test", ["hong@two.test"], LETTER % b"ann@one.test")
        wait_until(lambda: not one.queue(), "the relay")
        self.assertEqual((len(self.mailbox(two)), len(self.mailbox(two, "Junk"))), (0, 1), "no key: SPF and DKIM fail")
        key = self.key("one.test", "new", "ed25519")
        config = self.folder / "one.test.toml"
        text = config.read_text()
        os.chmod(key, 0o644)
        config.write_text(text + f'[[dkim]]\ndomain = "one.test"\nselector = "new"\nkey = "{key}"\n')
        one.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "the configuration is left as it was" in one.log(), "a key that others may read")
        self.assertIn(str(key), one.log())
        os.chmod(key, 0o600)
        one.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reloaded the configuration" in one.log(), "the reload")
        self.hand_in(one, "ann@one.test", ["hong@two.test"], LETTER % b"ann@one.test")
        wait_until(lambda: not one.queue(), "the relay")
        self.assertEqual(len(self.mailbox(two)), 1)

    def test_what_dkimpy_signs(self):
        two = self.verifier()
        for selector, kind, algorithm in (("r", "rsa", b"rsa-sha256"), ("e", "ed25519", b"ed25519-sha256")):
            file = self.key("peer.test", selector, kind)
            if kind == "rsa":
                secret = file.read_bytes()
            else:  # dkimpy wants the bare seed: the last 32 octets of PKCS #8
                secret = base64.b64encode(base64.b64decode("".join(file.read_text().splitlines()[1:-1]))[-32:])
            letter = LETTER % b"bob@peer.test"
            for canonicalize in ((b"relaxed", b"relaxed"), (b"simple", b"simple")):
                with self.subTest(algorithm=algorithm, canonicalize=canonicalize):
                    field = dkim.DKIM(letter, signature_algorithm=algorithm).sign(
                        selector.encode(), b"peer.test", secret, canonicalize=canonicalize)
                    self.assertEqual(self.send(two, "x@elsewhere.test", field + letter)[0], 250)
                    found = self.results(self.mailbox(two)[-1])[0]
                    self.assertIn("dkim=pass", found)
                    self.assertIn("header.a=" + algorithm.decode(), found)
                    self.assertIn("dmarc=pass", found)
        forged = field + letter.replace(b"Hello", b"Hallo")
        self.assertEqual(self.send(two, "x@elsewhere.test", forged)[0], 250)
        self.assertEqual(len(self.mailbox(two)), 4)
        self.assertIn("dkim=fail", self.results(self.mailbox(two, "Junk")[0])[0])

    def test_policies_and_trouble(self):
        two = self.verifier('dmarc = "reject"\n')
        code, text = self.send(two, "x@elsewhere.test", LETTER % b"ann@one.test")
        self.assertEqual((code, text[:6]), (550, "5.7.1 "), text)
        code, text = self.send(two, "x@elsewhere.test", LETTER % b"ann@slow.test")
        self.assertEqual((code, text[:6]), (451, "4.7.0 "), text)
        # Then the whole DNS is gone: what has a policy waits, nothing is lost, nothing taken blindly.
        silent = NameServer([], silent=())
        silent.answer = lambda question: None
        with silent:
            config = self.folder / "two.test.toml"
            two.stop()
            config.write_text(config.read_text().replace(self.dns.address, silent.address))
            two.start()
            self.assertEqual(self.send(two, "x@elsewhere.test", LETTER % b"ann@one.test")[0], 451)
        self.assertEqual((self.mailbox(two), self.mailbox(two, "Junk")), ([], []))
        self.assertIn("done=refused", two.log())
        self.assertIn("done=deferred", two.log())

    def test_the_keys_are_listed(self):
        files = [self.key("one.test", selector, kind) for selector, kind in (("r", "rsa"), ("e", "ed25519"))]
        config = self.folder / "keys.toml"
        text = f'resolver = "{self.dns.address}"\n'
        for selector, file in zip("re", files):
            text += f'[[dkim]]\ndomain = "one.test"\nselector = "{selector}"\nkey = "{file}"\n'
        config.write_text(text)
        self.assertEqual(run("dkim", "list", "--config", config).stdout,
                         f"one.test  r  rsa 2048  {files[0]}  pass\none.test  e  ed25519 256  {files[1]}  pass\n")
        self.dns.records.pop()
        os.chmod(files[0], 0o644)
        done = run("dkim", "list", "--config", config, "--json", check=False)
        self.assertEqual(done.returncode, 1)
        listed = json.loads(done.stdout)
        self.assertEqual([(key["selector"], key["key"], key["verdict"]) for key in listed],
                         [("r", "", "permerror"), ("e", "ed25519 256", "permerror")])
        self.assertIn(str(files[0]), listed[0]["reason"])

    def test_keys_are_rotated(self):
        folder = self.folder / "keys"
        folder.mkdir()
        config = self.folder / "one.test.toml"
        two = self.verifier()
        one = self.house("one.test", "ann", f'[[dkim]]\ndomain = "one.test"\nfolder = "{folder}"\n',
                         ["--route", "two.test=127.0.0.1:%d" % two.ports["smtp"]])

        def names():
            return sorted(file.name for file in folder.iterdir())

        def rotate(**options):
            return run("dkim", "rotate", "one.test", folder, "--type", "ed25519", "--resolver", self.dns.address, **options)

        def signed_by():
            count = one.log().count("reloaded the configuration")
            one.process.send_signal(signal.SIGHUP)
            wait_until(lambda: one.log().count("reloaded the configuration") > count, "the reload")
            self.hand_in(one, "ann@one.test", ["hong@two.test"], LETTER % b"ann@one.test")
            wait_until(lambda: not one.queue(), "the relay")
            found = self.results(self.mailbox(two)[-1])[0]
            self.assertEqual(found.count("dkim=pass"), 1, found)
            return found.split("header.s=")[1].split()[0]

        first = rotate().stdout.split(".")[0]
        self.assertEqual(names(), [first + ".next"])
        waiting = rotate(check=False)
        self.assertEqual((waiting.returncode, names()), (1, [first + ".next"]))
        self.assertIn("not yet published", waiting.stdout)

        def publish(selector):
            shown = run("dkim", "show", "one.test", selector, folder / f"{selector}.next", "--json")
            self.dns.records.append((f"{selector}._domainkey.one.test", "TXT", json.loads(shown.stdout)["text"]))

        publish(first)
        rotate()
        self.assertEqual((names(), signed_by()), ([first + ".pem"], first))
        second = rotate().stdout.split(".")[0]
        self.assertNotEqual(first, second)
        self.assertEqual(signed_by(), first, "the next one waits")
        publish(second)
        rotate()
        self.assertEqual((names(), signed_by()), ([first + ".old", second + ".pem"], second))
        self.assertEqual(run("dkim", "retire", "one.test", folder).stdout, "")
        self.assertIn(f"{first}._domainkey.one.test", run("dkim", "retire", "one.test", folder, "--after", "0s").stdout)
        self.assertEqual(names(), [second + ".pem"])
        self.assertIn(f"one.test  {second}  ed25519 256", run("dkim", "list", "--config", config).stdout)

    def test_keys_of_the_wrong_mode_stop_the_start(self):
        key = self.key("one.test", "k", "ed25519")
        os.chmod(key, 0o640)
        config = self.folder / "wrong.toml"
        config.write_text(f'[[dkim]]\ndomain = "one.test"\nselector = "k"\nkey = "{key}"\n')
        done = run("serve", "--config", config, "--data", self.folder / "data", "--listen", "smtp=127.0.0.1:0", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{config}: dkim: the key k of one.test: ", done.stderr)
        self.assertIn(str(key), done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[word for word in sys.argv if word != "--again"], verbosity=2)
