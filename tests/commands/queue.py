#!/usr/bin/env python3
"""The queue as its operator handles it, with a server running on it."""
import json
import poplib
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
        for command in ("hold", "release", "retry", "fail", "remove"):
            done = run("queue", command, check=False)
            self.assertEqual(done.returncode, 2, command)
            self.assertIn("--all", done.stderr)
            self.assertEqual(run("queue", command, "--all", "--domain", "two.test", check=False).returncode, 2, command)
        for wrong in (["--older-than", "long"], ["--state", "lost"], ["--reason", "two\nlines"]):
            self.assertEqual(run("queue", "fail", "--all", *wrong, check=False).returncode, 2, wrong)
        self.assertEqual(run("queue", "show", check=False).returncode, 2)

    def test_some_are_named_shown_and_given_up(self):
        with Posthouse("two.test", listen=("smtp",)) as two, Posthouse("one.test", {"ann": "secret"}) as one:
            two.stop()  # its port stays its own
            one.stop()
            one.options = ["--route", f"*=127.0.0.1:{two.ports['smtp']}", "--retry-initial", "1h"]
            one.start()
            with smtplib.SMTP(*one.address("submission"), timeout=PATIENCE) as client:
                client.starttls()
                client.login("ann@one.test", "secret")
                client.sendmail("ann@one.test", ["hong@two.test", "li@two.test", "wang@three.test"], LETTER)
            deadline = time.monotonic() + PATIENCE
            while [(row["state"], row["attempts"]) for row in one.queue()] != [("waiting", 1)] * 3:
                self.assertLess(time.monotonic(), deadline, one.queue())

            def listed(*options):
                return [row["to"] for row in json.loads(run("queue", "list", "--json", *one.place, *options).stdout)]

            self.assertEqual(listed("--domain", "two.test"), ["hong@two.test", "li@two.test"])
            self.assertEqual(listed("--recipient", "li@two.test", "--sender", "ann@one.test"), ["li@two.test"])
            self.assertEqual(listed("--sender", "<>"), [])
            self.assertEqual(listed("--older-than", "1d"), [])
            self.assertEqual(len(listed("--younger-than", "1d", "--reply", "refused", "--state", "waiting")), 3)
            summary = json.loads(run("queue", "list", "--summary", "--json", *one.place).stdout)
            self.assertEqual([(row["domain"], row["waiting"]) for row in summary], [("three.test", 1), ("two.test", 2)])
            self.assertIn("3 recipients wait for 2 domains", run("queue", "list", "--summary", *one.place).stdout)

            hong, li, wang = [row["id"] for row in one.queue()]
            text = run("queue", "show", *one.place, hong, "--header").stdout
            for part in ("<hong@two.test>", "<ann@one.test>", "waiting", "refused", "Subject: held"):
                self.assertIn(part, text)
            self.assertNotIn("Hello.", text)
            self.assertIn("Hello.", run("queue", "show", *one.place, hong, "--letter").stdout)
            shown = json.loads(run("queue", "show", *one.place, hong, "--letter", "--json").stdout)
            self.assertEqual((shown["to"], shown["priority"], shown["attempts"]), ("hong@two.test", 0, 1))
            self.assertIn("Hello.", shown["letter"])
            self.assertEqual(run("queue", "show", *one.place, wang + 1, check=False).returncode, 1)

            self.assertIn("2 recipients are meant", run("queue", "remove", "--dry-run", *one.place, "--domain", "two.test").stdout)
            self.assertEqual(len(one.queue()), 3)
            self.assertIn("1 recipients are held", run("queue", "hold", *one.place, "--domain", "three.test").stdout)
            self.assertEqual(listed("--state", "held"), ["wang@three.test"])
            self.assertIn("1 recipients are removed", run("queue", "remove", *one.place, li).stdout)
            self.assertIn("2 recipients are given up", run("queue", "fail", "--all", *one.place, "--reason", "The house has burnt down").stdout)
            run("queue", "wait", *one.place, "--timeout", f"{PATIENCE}s")
            self.assertEqual(self.reports(one, "hong@two.test", "wang@three.test"), 1, "one report on one letter")

    def reports(self, server, *recipients):
        """How many letters ann has, which together name the reason and the recipients."""
        box = poplib.POP3_SSL(*server.address("pop3s"), timeout=PATIENCE)
        box.user("ann@one.test")
        box.pass_("secret")
        letters = [b"\n".join(box.retr(number + 1)[1]).decode() for number in range(len(box.list()[1]))]
        box.quit()
        text = "".join(letters)
        for part in ("The house has burnt down", *recipients):
            self.assertIn(part, text)
        self.assertNotIn("li@two.test", text)
        return len(letters)


if __name__ == "__main__":
    unittest.main(verbosity=2)
