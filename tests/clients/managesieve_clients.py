"""Programs that look after Sieve scripts from afar: sieve-connect, Python's sievelib, and the example of the cookbook."""
import os
import pathlib
import shutil
import subprocess

from house import Case, main
from posthouse_server import PATIENCE, Posthouse

SCRIPT = 'require "fileinto";\r\nif header :contains "subject" "[list]" {\r\n  fileinto "Lists";\r\n}\r\n'
WRONG = "keep;\r\nfileinot \"x\";\r\n"


class ManageSieve(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Posthouse(domain="one.test", listen=("managesieve",)).start()

    def setUp(self):
        self.password = "s3cret-word"  # what every program can carry
        self.user = self.account()

    @property
    def address(self):
        return map(str, self.server.address("managesieve"))

    def sieve_connect(self, *arguments, status=0):
        host, port = self.address
        return self.run_tool(self.tool("sieve-connect"), "--server", host, "--port", port, "--user", self.user,
                             "--passwordfd", "0", "--authmech", "PLAIN", "--tlscafile", self.server.certificate,
                             "--tlshostname", "localhost", *arguments, stdin=self.password.encode() + b"\n", status=status)

    def test_sieve_connect(self):
        script = self.write("filter.sieve", SCRIPT)
        self.sieve_connect("--upload", "--localsieve", script, "--remotesieve", "filter")
        self.sieve_connect("--activate", "--remotesieve", "filter")
        self.assertRegex(self.sieve_connect("--list").stdout.decode(), r'(?m)^"filter" ACTIVE')
        self.sieve_connect("--checkscript", "--localsieve", script)
        fetched = pathlib.Path(self.directory()) / "fetched.sieve"
        self.sieve_connect("--download", "--remotesieve", "filter", "--localsieve", fetched)
        self.assertEqual(fetched.read_text().split(), SCRIPT.split())
        wrong = self.sieve_connect("--upload", "--localsieve", self.write("wrong.sieve", WRONG), "--remotesieve", "wrong",
                                   status=None)
        self.assertIn(b"wrong:2:1:", wrong.stdout + wrong.stderr)
        self.sieve_connect("--deactivate")
        self.sieve_connect("--delete", "--remotesieve", "filter")
        self.assertNotIn(b"filter", self.sieve_connect("--list").stdout)

    def test_sievelib(self):
        # Debian's package is for Debian's Python, which need not be the one that runs this.
        python = "/usr/bin/python3"
        found = subprocess.run([python, "-c", "import ssl, sievelib.managesieve; ssl.wrap_socket"], capture_output=True,
                               timeout=PATIENCE).returncode == 0 if shutil.which(python) else False
        if not found:
            self.note("python3-sievelib is not installed, or its Python has no ssl.wrap_socket")
            self.skipTest("no python3-sievelib")
        host, port = self.address
        code = """
import sys, sievelib.managesieve
host, port, user, password, script, wrong = sys.argv[1:]
c = sievelib.managesieve.Client(host, int(port))
assert c.connect(user, password, starttls=True, authmech="PLAIN"), c.errmsg
assert "fileinto" in c.get_sieve_capabilities()
assert c.havespace("filter", 1000)
assert c.putscript("filter", script), c.errmsg
assert c.putscript("other", "keep;\\r\\n"), c.errmsg
assert not c.putscript("wrong", wrong)
assert b"wrong:2:1:" in c.errmsg, c.errmsg
assert c.setactive("filter"), c.errmsg
active, others = c.listscripts()
assert (active, list(others)) == ("filter", ["other"]), (active, others)
assert not c.deletescript("filter")
assert c.renamescript("filter", "better"), c.errmsg
assert c.getscript("better").split() == script.split()
assert c.setactive(""), c.errmsg
assert c.deletescript("better"), c.errmsg
c.logout()
print("done")
"""
        done = self.run_tool(python, "-W", "ignore", "-c", code, host, port, self.user, self.password, SCRIPT, WRONG)
        self.assertEqual(done.stdout, b"done\n")

    def test_the_example(self):
        program = pathlib.Path(os.environ["POSTHOUSE_BINARY"]).parent / "manage_sieve"
        if not program.exists():
            self.note("the examples are not built")
            self.skipTest("the examples are not built")
        host, port = self.address
        command = program, "localhost", port, self.user
        word = self.password.encode() + b"\n"
        done = self.run_tool(*command, self.write("s", SCRIPT), self.server.certificate, stdin=word)
        self.assertEqual(done.stdout, b"main is active\n")
        done = self.run_tool(*command, self.write("s", WRONG), self.server.certificate, stdin=word, status=1)
        self.assertTrue(done.stdout.startswith(b"main:2:1: "), done.stdout)
        done = self.run_tool(*command, self.write("s", SCRIPT), stdin=word, status=1)
        self.assertIn(b"certificate", done.stderr)


if __name__ == "__main__":
    main()
