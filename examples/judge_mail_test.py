#!/usr/bin/env python3
"""Runs the example judge_mail with a DNS server of its own, and with a report."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from name_server import NameServer

PROGRAM = pathlib.Path(sys.argv.pop(1)) / "judge_mail"
LETTER = "From: Ann <ann@one.test>\r\nSubject: x\r\n\r\nHello\r\n"
RECORDS = [("one.test", "TXT", "v=spf1 ip4:192.0.2.0/24 -all"), ("_dmarc.one.test", "TXT", "v=DMARC1; p=reject")]
REPORT = """<feedback><report_metadata><org_name>R</org_name><report_id>1</report_id></report_metadata>
<policy_published><domain>one.test</domain><p>reject</p></policy_published><record><row><source_ip>192.0.2.1</source_ip>
<count>7</count><policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>pass</spf></policy_evaluated></row>
</record></feedback>"""


def run(*words, stdin=""):
    done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class JudgeMail(unittest.TestCase):
    def judged(self, ip):
        with NameServer(RECORDS) as server:
            status, out, err = run(ip, "mx.one.test", "ann@one.test", server.address, stdin=LETTER)
        self.assertEqual((status, err), (0, ""))
        return out

    def test_a_message(self):
        good = self.judged("192.0.2.1")
        self.assertIn("SPF: pass, 192.0.2.1 matches ip4:192.0.2.0/24 of one.test\n", good)
        self.assertIn("DMARC: pass, SPF passes for the organization of one.test\n", good)
        bad = self.judged("203.0.113.1")
        self.assertIn("SPF: fail", bad)
        self.assertIn("to be refused\n", bad)

    def test_reports(self):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(REPORT)
            file.flush()
            self.assertEqual(run(file.name), (0, "one.test 192.0.2.1: 7 of 7 passed\n", ""))
        self.assertEqual(run("/nowhere")[0], 1)


if __name__ == "__main__":
    unittest.main()
