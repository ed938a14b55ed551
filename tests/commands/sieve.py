"""posthouse sieve: what is wrong with a script, and what it would do with a message."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from posthouse_server import run

GOOD = """require ["fileinto", "include", "envelope", "imap4flags"];
if envelope :is "from" "" { discard; }
elsif header :contains "subject" "lunch" {
  fileinto :flags "$food" "Food";
  include "more";
}
"""
MORE = 'redirect "carl@three.test";\n'
LETTER = "From: ann@one.test\nTo: bob@two.test\nSubject: Lunch\n\nAt noon?\n"


class Sieve(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.script = self.file("ann.sieve", GOOD)
        self.file("more.sieve", MORE)
        self.letter = self.file("letter.eml", LETTER)

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def sieve(self, *arguments):
        return run("sieve", *arguments, check=False)

    def house(self, *arguments, stdin=None):
        return subprocess.run([os.environ["POSTHOUSE_BINARY"], *arguments, "--data", str(self.folder / "data")], input=stdin,
                              capture_output=True, text=True)

    def test_scripts_of_an_account(self):
        (self.folder / "data").mkdir()
        self.assertEqual(self.house("domain", "add", "one.test").returncode, 0)
        self.assertEqual(self.house("account", "add", "ann@one.test", "--password-stdin", stdin="geheim\n").returncode, 0)
        scripts = lambda *words, **more: self.house("sieve", *words, **more)
        listed = lambda: [line.split()[:-1] for line in scripts("list", "ann@one.test").stdout.splitlines()]
        refused = scripts("put", "ann@one.test", "main", "-", stdin='keep;\nfileinto "A";\n')
        self.assertEqual(refused.returncode, 1)
        self.assertIn("stdin:2:1: unknown command 'fileinto'", refused.stderr)
        self.assertEqual(listed(), [])
        more = scripts("put", "ann@one.test", "more", self.file("more2.sieve", MORE))
        self.assertEqual(more.returncode, 0, more.stderr)
        put = scripts("put", "--activate", "ann@one.test", "main", self.script)
        self.assertEqual(put.returncode, 0, put.stderr)
        self.assertEqual(listed(), [["*", "main", str(len(GOOD))], ["more", str(len(MORE))]])
        self.assertEqual(scripts("show", "ann@one.test", "main").stdout, GOOD)
        self.assertTrue(json.loads(scripts("list", "ann@one.test", "--json").stdout)[0]["active"])
        kept = scripts("remove", "ann@one.test", "main")
        self.assertEqual(kept.returncode, 1)
        self.assertIn("is active", kept.stderr)
        self.assertEqual(scripts("activate", "ann@one.test", "none").returncode, 1)
        self.assertEqual(scripts("deactivate", "ann@one.test").returncode, 0)
        self.assertEqual(scripts("activate", "ann@one.test", "more").returncode, 0)
        self.assertEqual(scripts("remove", "ann@one.test", "main").returncode, 0)
        self.assertEqual(listed(), [["*", "more", str(len(MORE))]])
        self.assertEqual(scripts("list", "nobody@one.test").returncode, 1)
        self.assertEqual(self.house("check").returncode, 0)

    def test_check_is_silent_where_all_is_well(self):
        done = self.sieve("check", self.script)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_check_tells_all_errors_with_their_places(self):
        bad = self.file("bad.sieve", 'fileinto "A";\nkeep "x";\n')
        done = self.sieve("check", bad)
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertTrue(lines[0].startswith(f"{bad}:1:1: unknown command 'fileinto'"), lines)
        self.assertTrue(lines[1].startswith(f"{bad}:2:1: the keep command requires 0"), lines)

    def test_test_says_what_would_be_done_and_where_that_stands(self):
        done = self.sieve("test", self.script, self.letter, "--trace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'fileinto "Food" with $food  ({self.script}:4:3)\n', done.stdout)
        self.assertIn("redirect to carl@three.test  (more:1:1)\n", done.stdout)
        self.assertIn(f"{self.script}:3:7: header: true\n", done.stdout)

    def test_test_as_json_with_an_envelope(self):
        done = self.sieve("test", self.script, self.letter, "--json", "--envelope-from", "")
        found = json.loads(done.stdout)
        self.assertEqual([action["action"] for action in found["actions"]], ["discard"])
        self.assertFalse(found["implicit_keep"])
        filed = json.loads(self.sieve("test", self.script, self.letter, "--json").stdout)["actions"][0]
        self.assertEqual((filed["mailbox"], filed["flags"], filed["line"]), ("Food", ["$food"], 4))

    def test_an_error_keeps_the_message(self):
        bad = self.file("bad.sieve", 'require "reject"; reject "No."; keep;')
        done = self.sieve("test", bad, self.letter)
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: ", done.stdout)
        self.assertIn("keep, since nothing has cancelled it", done.stdout)

    def test_what_cannot_be_read_is_told(self):
        done = self.sieve("check", str(self.folder / "none"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot read", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
