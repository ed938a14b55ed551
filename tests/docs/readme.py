#!/usr/bin/env python3
"""What the READMEs say is to be pasted, pasted: as whoever runs this test, and as a user without rights where that is root."""
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT, FOLDER = '"$PWD/build/release/bin:$PATH"', "/tmp/house"


def pasted(readme):
    """The block of commands that begins with a server by hand."""
    blocks = [block for block in re.findall(r"^```sh\n(.*?)^```$", readme.read_text(), re.S | re.M) if "posthouse serve" in block]
    if len(blocks) != 1:
        raise AssertionError(f"{readme.name}: {len(blocks)} blocks with a server")
    return blocks[0]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Readme(unittest.TestCase):
    def paste(self, user=None):
        commands = pasted(ROOT / "README.md")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, folder, True)
        who = {}
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        binary = folder / "bin"  # where that user can reach it
        binary.mkdir()
        binary.chmod(0o755)
        shutil.copy(BINARY, binary / "posthouse")
        for text in (BUILT, FOLDER):
            self.assertIn(text, commands)
        commands = commands.replace(BUILT, f'"{binary}:$PATH"').replace(FOLDER, f"{folder}/house")
        for port in set(re.findall(r"127\.0\.0\.1:(\d+)", commands)):
            commands = commands.replace(f":{port}", f":{free_port()}")
        commands = commands.replace("sleep 1\n", "until grep -qs '^ready ' log; do sleep 0.02; done\n").replace(" &\n", " >log &\n")
        done = subprocess.run(["bash", "-eu", "-c", commands + "wait\n"], cwd=folder, capture_output=True, text=True,
                              env=os.environ | {"HOME": str(folder)}, timeout=2 * PATIENCE, **who)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("accepted  ann@one.test", done.stdout)
        self.assertRegex(done.stdout, "你好|=\\?utf-8\\?")
        self.assertIn("letter.txt", done.stdout)

    def test_the_translation_has_the_same_commands(self):
        self.assertEqual(pasted(ROOT / "README.md"), pasted(ROOT / "README.zh-CN.md"))

    def test_as_it_is(self):
        self.paste()

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_as_a_user_without_rights(self):
        self.paste(pwd.getpwnam("nobody"))


if __name__ == "__main__":
    unittest.main()
