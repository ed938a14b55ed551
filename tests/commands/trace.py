#!/usr/bin/env python3
"""`posthouse trace`: where a letter is, out of the log in each of its formats and out of the queue."""
import gzip
import json
import pathlib
import smtplib
import tempfile
import time
import unittest

from posthouse_server import PATIENCE, Posthouse, run

LETTER = b"From: <sender@elsewhere.test>\r\nSubject: x\r\nMessage-ID: <one.letter@elsewhere.test>\r\n\r\nHello.\r\n"


class Trace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)

    def carry(self, *options):
        """A house that has taken one letter for a mailbox and for a host that is away; stopped. Its log is in a file."""
        away = Posthouse("two.test", {"hong": "secret"}, listen=("smtp",))
        away.start()
        away.stop()
        route = f"two.test=127.0.0.1:{away.ports['smtp']}"
        house = Posthouse("one.test", {"ann": "secret"}, listen=("smtp",), options=["--route", route, *options])
        self.addCleanup(away.__exit__, None, None, None)
        self.addCleanup(house.__exit__, None, None, None)
        house.start()
        run("alias", "add", *house.place, "all@one.test", "ann@one.test", "hong@two.test")
        with smtplib.SMTP(*house.address("smtp"), timeout=PATIENCE) as client:
            client.sendmail("sender@elsewhere.test", ["all@one.test"], LETTER)
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail("sender@elsewhere.test", ["nobody@one.test"], LETTER)
        deadline = time.monotonic() + PATIENCE
        while house.queue()[0]["attempts"] == 0:
            self.assertLess(time.monotonic(), deadline)
        house.stop()
        return house

    def stories(self, house, question, *log):
        return json.loads(run("trace", "--json", *house.place, *(x for file in log or [house.log_path] for x in ("--log", file)), question).stdout)

    def assert_whole(self, story):
        events = [line["msg"] for line in story["lines"]]
        self.assertIn("accepted", events)
        self.assertIn("deferred", events)
        self.assertLess(events.index("accepted"), events.index("deferred"))
        self.assertEqual([row["to"] for row in story["waiting"]], ["hong@two.test"])

    def test_every_format_and_every_name_of_a_letter(self):
        for form in "text", "json", "journald":
            with self.subTest(form):
                house = self.carry("--log-format", form)
                first = self.stories(house, "<one.letter@elsewhere.test>")
                self.assertEqual(len(first["letters"]), 1)
                self.assert_whole(first["letters"][0])
                self.assertEqual(first["other_lines"], [])
                letter = first["letters"][0]
                for name in letter["id"], letter["message"], "all@one.test", "hong@two.test":
                    self.assertEqual(self.stories(house, name)["letters"], first["letters"], name)
                of_sender = self.stories(house, "sender@elsewhere.test")
                self.assertEqual([line["msg"] for line in of_sender["other_lines"]], ["refused recipient"])
                if form == "json":
                    for line in house.log().splitlines():
                        self.assertIn("msg", json.loads(line))

    def test_compressed_files_standard_input_and_words(self):
        house = self.carry()
        lines = house.log().splitlines(keepends=True)
        older, newer = self.folder / "log.1.gz", self.folder / "log"
        half = next(i for i, line in enumerate(lines) if " deferred " in line)
        older.write_bytes(gzip.compress("".join(lines[:half]).encode()))
        newer.write_text("".join(lines[half:]))
        whole = self.stories(house, "hong@two.test")
        self.assertEqual(self.stories(house, "hong@two.test", older, newer), whole)
        done = run("trace", "--log", "-", "hong@two.test", *house.place, stdin=house.log())
        self.assertRegex(done.stdout, r"(?s)^letter \S+, message \d+\n  .* accepted .*\n  .* deferred .*\n  now: recipient \d+ hong@two\.test waits, tried ")

    def test_what_is_not_there(self):
        house = self.carry()
        done = run("trace", *house.place, "--log", house.log_path, "stranger@elsewhere.test", check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("the log has nothing of stranger@elsewhere.test", done.stderr)
        done = run("trace", *house.place, "--log", self.folder / "none", "x", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("none: No such file or directory", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
