#!/usr/bin/env python3
"""Which house a command works in: it finds the installed server's, and names the folder always."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

BINARY = os.environ["POSTHOUSE_BINARY"]


class House(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.here = self.folder / "here"
        self.here.mkdir()
        self.installed = self.folder / "installed"
        (self.folder / "posthouse.toml").write_text(f'data = "{self.installed}"\n')

    def posthouse(self, *arguments, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOUSE_")}
        return subprocess.run([BINARY, *arguments], cwd=self.here, capture_output=True, text=True,
                              env={**clean, "POSTHOUSE_CONFIG": str(self.folder / "posthouse.toml"), **environment})

    def domains(self, *arguments, **environment):
        done = self.posthouse("domain", "list", *arguments, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()[:1], done.stderr

    def test_a_command_finds_the_installed_house_and_names_it(self):
        done = self.posthouse("domain", "add", "one.test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(self.installed), done.stderr)
        self.assertTrue((self.installed / "posthouse.db").exists())
        self.assertFalse((self.here / "data").exists())
        names, said = self.domains()
        self.assertEqual(names, ["one.test"])
        self.assertIn(str(self.installed), said)

    def test_a_house_that_is_named_or_here_comes_first(self):
        other = self.folder / "other"
        for name, arguments, environment in (("flag.test", ["--data", str(other)], {}),
                                             ("env.test", [], {"POSTHOUSE_DATA": str(self.folder / "env")})):
            self.assertEqual(self.posthouse("domain", "add", name, *arguments, **environment).returncode, 0)
            self.assertEqual(self.domains(*arguments, **environment)[0], [name])
        (self.here / "data").mkdir()
        self.assertEqual(self.posthouse("domain", "add", "here.test").returncode, 0)
        names, said = self.domains()
        self.assertEqual(names, ["here.test"])
        self.assertIn(str(self.here / "data"), said)
        self.assertFalse(self.installed.exists())

    def test_without_an_installed_server_it_is_made_here(self):
        self.assertEqual(self.posthouse("domain", "add", "one.test", POSTHOUSE_CONFIG="/nowhere").returncode, 0)
        self.assertTrue((self.here / "data" / "posthouse.db").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
