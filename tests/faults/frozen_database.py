#!/usr/bin/env python3
"""A database server that stops where it stands, without a word: senders are told, and the house can still be ended."""
import pathlib
import poplib
import shutil
import signal
import sys
import tempfile
import time
import unittest

import mariadb
from dialogue import Dialogue
from posthouse_server import PATIENCE, Posthouse


def freeze(process):
    """Returns when all of its threads have stopped."""
    process.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        while (task / "stat").read_text().rpartition(")")[2].split()[0] != "T":
            assert time.monotonic() < deadline, "the database server does not stop"
            time.sleep(0.01)


class FrozenDatabase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def letters(self, server):
        pop = poplib.POP3(*server.address("pop3"), timeout=PATIENCE)
        pop.user("ann@one.test")
        pop.pass_("x")
        found = [b"\n".join(pop.retr(number + 1)[1]) for number in range(pop.stat()[0])]
        pop.quit()
        return sorted(line.split()[1].decode() for letter in found for line in letter.split(b"\n") if line.startswith(b"Subject:"))

    def test_senders_are_told_and_the_house_ends(self):
        with mariadb.MariaDB() as database:
            with Posthouse("one.test", {"ann": "x"}, listen=("smtp", "pop3"), data=self.folder / "data",
                           options=["--insecure-auth"], database=database.new_database()) as server:
                with Dialogue(server.address("smtp"), timeout=PATIENCE) as c:
                    c.smtp()
                    self.assertRegex(c.ask("Subject: before\r\n\r\nx\r\n."), "^250")

                waiting = Dialogue(server.address("smtp"), timeout=3 * PATIENCE)
                waiting.smtp()
                freeze(database.process)
                try:
                    waiting.send("Subject: during\r\n\r\nx\r\n.\r\n")
                    self.assertRegex(waiting.reply(), "^451 4.3.0|^421")
                    waiting.close()
                    deadline = time.monotonic() + PATIENCE  # the log has a thread of its own
                    while "cannot deliver message" not in server.log() and time.monotonic() < deadline:
                        time.sleep(0.02)
                    self.assertIn("cannot deliver message", server.log())

                    # Another that waits, and the end of the house meanwhile.
                    late = Dialogue(server.address("smtp"), timeout=3 * PATIENCE)
                    late.send("EHLO test\r\nMAIL FROM:<a@load.test>\r\nRCPT TO:<ann@one.test>\r\n")
                    begin = time.monotonic()
                    server.process.send_signal(signal.SIGTERM)
                    self.assertEqual(server.process.wait(timeout=PATIENCE), 0)
                    print(f"ended after {time.monotonic() - begin:.1f} s", file=sys.stderr)
                    late.close()
                    server.kill()
                finally:
                    database.process.send_signal(signal.SIGCONT)

                # What was answered 250 is there once; what was answered 451 may be, if the database got it all.
                server.start()
                with Dialogue(server.address("smtp"), timeout=PATIENCE) as c:
                    c.smtp()
                    self.assertRegex(c.ask("Subject: after\r\n\r\nx\r\n."), "^250")
                found = self.letters(server)
                self.assertEqual([subject for subject in found if subject != "during"], ["after", "before"])
                self.assertLessEqual(found.count("during"), 1)


if __name__ == "__main__":
    if not mariadb.available():
        print("SKIPPED: mariadbd is not installed")
        sys.exit(0)
    unittest.main()
