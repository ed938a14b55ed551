#!/usr/bin/env python3
"""The queue as its operator handles it, with a server running on it."""
import smtplib
import time
import unittest

from posthouse_server import PATIENCE, Posthouse, run

LETTER = b"From: <sender@elsewhere.test>\r\nSubject: held\r\n\r\nHello.\r\n"


class Queue(unittest.TestCase):
    def wait_for_state(self, server, state):
        """What is being sent at the moment is neither held nor waiting."""
        deadline = time.monotonic() + PATIENCE
        while [row["state"] for row in server.queue()] != [state]:
            self.assertLess(time.monotonic(), deadline, server.queue())

    def test_what_is_held_is_not_sent_until_it_is_released(self):
        with Posthouse("two.test", {"hong": "secret"}, listen=("smtp",)) as two:
            two.stop()  # its port stays its own
            route = f"two.test=127.0.0.1:{two.ports['smtp']}"
            with Posthouse("one.test", listen=("smtp",), options=["--route", route, "--retry-initial", "0.2s"]) as one:
                run("alias", "add", *one.place, "list@one.test", "hong@two.test")
                with smtplib.SMTP(*one.address("smtp"), timeout=PATIENCE) as client:
                    client.sendmail("sender@elsewhere.test", ["list@one.test"], LETTER)
                number = one.queue()[0]["id"]
                self.assertIn("1 recipients are held", run("queue", "hold", *one.place, number).stdout)
                self.wait_for_state(one, "held")
                for refused in (["hold", number], ["hold", number + 1], ["retry", number], ["release", number + 1]):
                    done = run("queue", refused[0], *one.place, refused[1], check=False)
                    self.assertEqual(done.returncode, 1, refused)
                    self.assertIn(str(refused[1]), done.stderr)
                two.start()
                self.assertIn("1 recipients are let go", run("queue", "release", "--all", *one.place).stdout)
                run("queue", "wait", *one.place, "--timeout", f"{PATIENCE}s")
                self.assertEqual(one.queue(), [])
            self.assertIn("accepted", two.log())

    def test_whom_it_is_about_has_to_be_said(self):
        for command in ("hold", "release", "retry"):
            done = run("queue", command, check=False)
            self.assertEqual(done.returncode, 2, command)
            self.assertIn("--all", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
