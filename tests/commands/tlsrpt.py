#!/usr/bin/env python3
"""posthouse tlsrpt: what reports about TLS come to, in whatever wrapping they come."""
import base64
import gzip
import json
import pathlib
import tempfile
import unittest

from posthouse_server import run


def report(number, organization="Sender"):
    return json.dumps({
        "organization-name": organization, "contact-info": "tls@sender.test", "report-id": f"{number}@sender.test",
        "date-range": {"start-datetime": "2026-02-03T00:00:00Z", "end-datetime": "2026-02-03T23:59:59Z"},
        "policies": [{
            "policy": {"policy-type": "sts", "policy-domain": "one.test", "policy-string": ["version: STSv1"], "mx-host": ["mx.one.test"]},
            "summary": {"total-successful-session-count": 40, "total-failure-session-count": 2},
            "failure-details": [{"result-type": "certificate-expired", "receiving-mx-hostname": "mx.one.test",
                                 "failed-session-count": 2}]}]}).encode()


def mail(octets):
    body = base64.encodebytes(gzip.compress(octets)).decode()
    return (f"From: tls@sender.test\nSubject: Report Domain: one.test\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/report; report-type="tlsrpt"; boundary=x\n\n--x\nContent-Type: text/plain\n\nA report.\n'
            f"--x\nContent-Type: application/tlsrpt+gzip\nContent-Transfer-Encoding: base64\n\n{body}\n--x--\n").encode()


class Tlsrpt(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def file(self, name, octets):
        (self.folder / name).write_bytes(octets)
        return self.folder / name

    def test_reports_are_summed_up(self):
        files = [self.file("a.json", report(1)), self.file("b.json.gz", gzip.compress(report(2, "Other"))),
                 self.file("c.eml", mail(report(3))), self.file("again.json", report(1))]
        found = json.loads(run("tlsrpt", "--json", *files).stdout)
        self.assertEqual((found["reports"], found["repeated"], found["problems"]), (3, 1, []))
        self.assertEqual({(row["reporter"], row["succeeded"], row["failed"]) for row in found["sessions"]},
                         {("Sender", 80, 4), ("Other", 40, 2)})
        self.assertEqual(found["failures"], [{"domain": "one.test", "type": "certificate-expired", "mx": "mx.one.test",
                                              "sessions": 6, "reporters": ["Other", "Sender"]}])
        text = run("tlsrpt", *files).stdout
        self.assertIn("sts", text)
        self.assertIn("certificate-expired", text)
        self.assertIn("3 reports, and 1 that came twice", text)

    def test_what_is_no_report_is_named(self):
        done = run("tlsrpt", self.file("a.json", report(1)), self.file("b.eml", b"Subject: x\n\nno report\n"),
                   self.file("c.json", b"{"), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("b.eml", done.stderr)
        self.assertIn("c.json", done.stderr)
        self.assertIn("1 report\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
