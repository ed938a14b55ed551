#!/usr/bin/env python3
"""posthouse auth and posthouse dmarc: what they find out with a DNS server of the test, and what they say of it."""
import gzip
import io
import json
import pathlib
import tempfile
import unittest
import zipfile

from name_server import NameServer
from posthouse_server import run

# RFC 8463 appendix A.3: one signature by Ed25519, one by RSA.
LETTER = """DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace("\n", "\r\n")

RECORDS = [
    ("brisbane._domainkey.football.example.com", "TXT",
     "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
    ("_dmarc.example.com", "TXT", "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"),
    ("default._bimi.example.com", "TXT", "v=BIMI1; l=https://example.com/logo.svg"),
    ("football.example.com", "TXT", "v=spf1 mx -all exp=why.example.com"),
    ("why.example.com", "TXT", "%{i} is none of ours"),
    ("football.example.com", "MX", "10 mx.football.example.com"),
    ("mx.football.example.com", "A", "192.0.2.1"),
    ("1.2.0.192.in-addr.arpa", "PTR", "mx.football.example.com"),
]

REPORT = """<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>Receiver</org_name><email>r@receiver.test</email><report_id>%s</report_id>
<date_range><begin>1700000000</begin><end>1700086400</end></date_range></report_metadata>
<policy_published><domain>one.test</domain><p>reject</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>40</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>one.test</header_from></identifiers>
<auth_results><dkim><domain>one.test</domain><selector>s</selector><result>pass</result></dkim></auth_results></record>
<record><row><source_ip>2001:db8::1</source_ip><count>2</count><policy_evaluated><disposition>reject</disposition>
<dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>one.test</header_from></identifiers>
<auth_results/></record></feedback>"""


class Auth(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.server = NameServer(RECORDS)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.file = self.folder / "letter.eml"
        self.file.write_bytes(LETTER.encode())

    def auth(self, *words, **options):
        return run("auth", *map(str, words), "--resolver", self.server.address, **options)

    def results(self, *words):
        document = json.loads(self.auth("verify", *words, "--json").stdout)
        self.assertEqual(document["file"], str(words[0]))
        for result in document["results"]:
            self.assertLessEqual({"method", "result", "reason", "domain", "steps"}, set(result))
        return {(result["method"], result.get("identity")): result for result in document["results"]}

    def test_everything_passes(self):
        found = self.results(self.file, "--ip", "192.0.2.1", "--helo", "mx.football.example.com",
                             "--mail-from", "joe@football.example.com")
        verdicts = {key: result["result"] for key, result in found.items()}
        self.assertEqual(verdicts, {("iprev", None): "pass", ("spf", "helo"): "none", ("spf", "mailfrom"): "pass",
                                    ("dkim", "@football.example.com"): "pass", ("arc", None): "none",
                                    ("dmarc", None): "pass", ("bimi", None): "pass"})
        dmarc = found["dmarc", None]
        self.assertEqual((dmarc["policy_domain"], dmarc["organizational_domain"]), ("example.com", "example.com"))
        self.assertTrue(dmarc["spf_aligned"] and dmarc["dkim_aligned"])
        self.assertIn("_dmarc.example.com: v=DMARC1; p=reject; rua=mailto:dmarc@example.com", dmarc["steps"])
        self.assertEqual(found["bimi", None]["location"], "https://example.com/logo.svg")

    def test_without_an_envelope_spf_says_so(self):
        found = self.results(self.file)
        self.assertEqual(found["spf", None]["result"], "unchecked")
        self.assertIn("--mail-from", found["spf", None]["reason"])
        self.assertEqual(found["dmarc", None]["result"], "pass")
        text = self.auth("verify", self.file).stdout
        self.assertIn("spf: not checked\n", text)
        self.assertIn("dmarc: pass  (football.example.com, p=reject of example.com, to be done: none)\n", text)

    def test_a_forged_letter(self):
        self.file.write_bytes(LETTER.replace("hungry", "angry").encode())
        found = self.results(self.file, "--ip", "203.0.113.1", "--helo", "x", "--mail-from", "joe@football.example.com")
        self.assertEqual(found["spf", "mailfrom"]["explanation"], "203.0.113.1 is none of ours")
        self.assertEqual(found["dkim", "@football.example.com"]["result"], "fail")
        self.assertEqual((found["dmarc", None]["result"], found["dmarc", None]["disposition"]), ("fail", "reject"))

    def test_two_from_fields_are_refused(self):
        self.file.write_text("From: a@one.test\nFrom: b@two.test\nSubject: x\n\nx\n")
        found = self.results(self.file)
        self.assertTrue(found["dmarc", None]["refuse"])
        self.assertIn("there are 2 From fields", found["dmarc", None]["reason"])

    def test_nothing_in_a_letter_steers_the_terminal(self):
        self.file.write_text("From: a@one.test\nDKIM-Signature: v=1; d=\x1b[31m; s=\x1b]0;x\x07\nSubject: x\n\nx\n")
        self.assertNotIn("\x1b", self.auth("verify", self.file, "--ip", "192.0.2.9", "--helo", "\x1b[31m",
                                           "--mail-from", "\x1b[31m@one.test").stdout)

    def test_spf_alone(self):
        words = ["spf", "--helo", "mx.example.com", "--mail-from", "<joe@football.example.com>"]
        text = self.auth(*words, "--ip", "192.0.2.1").stdout
        self.assertEqual(text.splitlines(), [
            "spf: pass  (mailfrom joe@football.example.com)", "  192.0.2.1 matches mx of football.example.com",
            "    football.example.com: v=spf1 mx -all exp=why.example.com", "      mx.football.example.com: 192.0.2.1",
            "    mx: match", "    result: pass"])
        document = json.loads(self.auth(*words, "--ip", "2001:db8::1", "--json").stdout)
        self.assertEqual((document["method"], document["result"], document["domain"], document["mechanism"]),
                         ("spf", "fail", "football.example.com", "-all"))
        self.assertEqual((document["lookups"], document["void_lookups"]), (1, 0))

    def test_wrong_use(self):
        for words in (["spf", "--ip", "192.0.2.1"], ["verify", self.file, "--ip", "192.0.2.1"],
                      ["spf", "--ip", "nowhere", "--helo", "x", "--mail-from", "a@b.test"]):
            self.assertEqual(self.auth(*words, check=False).returncode, 2, words)
        self.assertEqual(self.auth("verify", self.folder / "absent", check=False).returncode, 1)
        done = run("auth", "verify", self.file, "--resolver", "nowhere", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn('"nowhere" is no address with a port', done.stderr)


class Reports(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def test_who_sends_in_my_name(self):
        plain, packed, zipped = self.folder / "a.xml", self.folder / "b.xml.gz", self.folder / "c.zip"
        plain.write_text(REPORT % "1")
        packed.write_bytes(gzip.compress((REPORT % "2").encode()))
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("receiver!one.test.xml", REPORT % "2")
        text = run("dmarc", "report", plain, packed, zipped).stdout
        self.assertIn("one.test\n", text)
        self.assertRegex(text, r"  192\.0\.2\.1 +80 +80 +80 +0 +0  one\.test\n")
        self.assertRegex(text, r"  2001:db8::1 +4 +0 +0 +0 +4  -\n")
        self.assertIn("2 reports, and 1 that came twice\n", text)
        document = json.loads(run("dmarc", "report", plain, packed, zipped, "--json").stdout)
        self.assertEqual(document["senders"][0], {
            "domain": "one.test", "source_ip": "192.0.2.1", "messages": 80, "passed": 80, "dkim_passed": 80,
            "spf_passed": 0, "quarantined": 0, "rejected": 0, "authenticated": ["one.test"], "reporters": ["Receiver"]})
        self.assertEqual([report["report_id"] for report in document["reports"]], ["1", "2"])
        self.assertEqual((document["repeated"], document["problems"]), (1, []))

    def test_what_cannot_be_read_is_named_and_the_rest_is_told(self):
        good, bomb = self.folder / "good.xml", self.folder / "bomb.gz"
        good.write_text(REPORT % "1")
        octets = io.BytesIO()
        with gzip.GzipFile(fileobj=octets, mode="wb") as file:
            for _ in range(100):
                file.write(b" " * (1 << 20))
        bomb.write_bytes(octets.getvalue())
        done = run("dmarc", "report", bomb, good, self.folder / "absent", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("bomb.gz: it unpacks to more than 67108864 octets", done.stderr)
        self.assertIn("absent", done.stderr)
        self.assertIn("1 report\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
