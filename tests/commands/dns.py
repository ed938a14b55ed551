#!/usr/bin/env python3
"""`posthouse dns`: the records it prints are the records it checks for, and what is wrong is told in words."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from name_server import NameServer
from posthouse_server import PATIENCE, run

ADDRESSES = [("mail.one.test", "A", "192.0.2.1"), ("mail.one.test", "AAAA", "2001:db8::1"),
             ("1.2.0.192.in-addr.arpa", "PTR", "mail.one.test"),
             ("1" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa", "PTR", "mail.one.test")]


def records_of(zone):
    """A zone file as the name server of tests takes it."""
    records = []
    for line in zone.splitlines():
        if line and not line.startswith(";"):
            name, kind, value = re.fullmatch(r"(\S+)\. IN (\S+) (.*)", line).groups()
            if kind == "TXT":
                value = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', value))
            records.append((name, kind, value))
    return records


class Dns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.key = cls.folder / "mail.pem"
        cls.config = cls.folder / "posthouse.toml"
        run("dkim", "generate", "one.test", "mail", cls.key)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mail.one.test", "-keyout", cls.folder / "key.pem",
                        "-out", cls.folder / "cert.pem"], check=True, capture_output=True, timeout=PATIENCE)
        cls.config.write_text(f'''
hostname = "mail.one.test"
data = "{folder.name}/data"
[listen]
smtp = "*:25"
submissions = "*:465"
imaps = "*:993"
imap = "127.0.0.1:143"
[tls]
cert = "{folder.name}/cert.pem"
key = "{folder.name}/key.pem"
[[dkim]]
domain = "one.test"
selector = "mail"
key = "{cls.key}"
''')
        cls.zone = run("dns", "one.test", "--config", cls.config).stdout

    def check(self, records, domain="one.test"):
        """What is said by grade and subject, with a DNS that has `records`."""
        with NameServer(records) as server:
            done = run("dns", domain, "--check", "--json", "--config", self.config, "--resolver", server.address, check=False)
        self.assertEqual(done.stderr, "")
        findings = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if {"problem", "unknown"} & {finding["grade"] for finding in findings} else 0)
        return {(finding["grade"], finding["subject"]): finding["text"] for finding in findings}

    def test_what_is_printed_is_a_zone_file(self):
        records = records_of(self.zone)
        self.assertIn(("one.test", "MX", "10 mail.one.test."), records)
        self.assertIn(("_submissions._tcp.one.test", "SRV", "0 1 465 mail.one.test."), records)
        self.assertIn(("_imap._tcp.one.test", "SRV", "0 0 0 ."), records, "for loopback only")
        digest = subprocess.run(f"openssl x509 -in {self.folder}/cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum",
                                shell=True, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout.split()[0]
        self.assertIn(("_25._tcp.mail.one.test", "TLSA", "3 1 1 " + digest), records)
        self.assertTrue(any(name == "mail._domainkey.one.test" and value.startswith("v=DKIM1; k=rsa; p=") for name, _, value in records))
        as_json = json.loads(run("dns", "one.test", "--json", "--config", self.config).stdout)
        self.assertEqual([(r["name"], r["type"], r["value"]) for r in as_json], records)

    def test_what_is_published_as_printed_is_good(self):
        found = self.check(records_of(self.zone) + ADDRESSES)
        self.assertEqual({grade for grade, _ in found}, {"good", "advice"}, found)
        self.assertEqual([subject for grade, subject in found if grade == "advice"], ["DANE"], "the zone is not signed")

    def test_nothing_is_published(self):
        found = self.check([])
        problems = {subject for grade, subject in found if grade == "problem"}
        self.assertEqual(problems, {"MX", "address", "DKIM mail", "DMARC"}, found)
        self.assertIn("its mail does not come here", found["problem", "MX"])

    def test_what_is_wrong_is_told_in_words(self):
        good = [record for record in records_of(self.zone) + ADDRESSES]

        def instead(name, kind, value):
            return [(n, k, v) for n, k, v in good if (n, k) != (name, kind)] + ([(name, kind, value)] if value else [])

        found = self.check(instead("one.test", "MX", "10 other.test"))
        self.assertIn("goes to other.test, not to mail.one.test", found["problem", "MX"])
        found = self.check(instead("one.test", "MX", "0 ."))
        self.assertIn("null MX", found["problem", "MX"])
        found = self.check(instead("one.test", "TXT", "v=spf1 ip4:198.51.100.1 -all"))
        self.assertIn("fail for ", found["problem", "SPF"])
        found = self.check(instead("1.2.0.192.in-addr.arpa", "PTR", "dsl-7.provider.test"))
        self.assertIn("192.0.2.1 is dsl-7.provider.test, not mail.one.test", found["problem", "reverse name"])
        found = self.check(instead("mail._domainkey.one.test", "TXT", "v=DKIM1; p="))
        self.assertIn(("problem", "DKIM mail"), found)
        found = self.check(instead("_dmarc.one.test", "TXT", "v=DMARC1; p=none"))
        self.assertIn(("advice", "DMARC"), found)
        found = self.check(instead("_imaps._tcp.one.test", "SRV", "0 1 993 other.test"))
        self.assertIn("993 other.test.", found["problem", "SRV _imaps"])
        found = self.check(instead("_25._tcp.mail.one.test", "TLSA", "3 1 1 " + "00" * 32))
        self.assertIn("another key", found["advice", "DANE"])

    def test_a_dns_that_does_not_answer_is_no_verdict(self):
        with NameServer([], silent=["one.test"]) as server:
            done = run("dns", "one.test", "--check", "--json", "--config", self.config, "--resolver", server.address, check=False)
        found = {finding["subject"]: finding["grade"] for finding in json.loads(done.stdout)}
        self.assertEqual((done.returncode, found["MX"]), (1, "unknown"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
