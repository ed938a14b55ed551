#!/usr/bin/env python3
"""Aliases on two servers that lead to each other: a letter goes round once, and its sender is told."""
import poplib
import re
import smtplib
import unittest

from posthouse_server import PATIENCE, Posthouse, run


class Loops(unittest.TestCase):
    def setUp(self):
        options = ["--insecure-auth", "--retry-initial", "0.2s"]
        self.two = Posthouse("two.test", {"hong": "secret"}, listen=("smtp", "pop3"), options=options)
        self.addCleanup(self.two.__exit__, None, None, None)
        self.two.start()
        self.one = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "submission", "pop3"), options=[
            *options, "--route", f"two.test=127.0.0.1:{self.two.ports['smtp']}"])
        self.addCleanup(self.one.__exit__, None, None, None)
        self.one.start()
        self.two.stop()
        self.two.options += ["--route", f"one.test=127.0.0.1:{self.one.ports['smtp']}"]
        self.two.start()

    def alias(self, server, name, *targets):
        run("alias", "add", *server.place, name, *targets)

    def settle(self):
        """Until neither server has anything to send."""
        while any(server.queue() for server in (self.one, self.two)):
            for server in (self.one, self.two):
                run("queue", "wait", *server.place, "--timeout", f"{PATIENCE}s")

    def accepted(self, server):
        server.stop()
        return len(re.findall(r"(?m)^\S+ info accepted ", server.log()))

    def mailbox(self, server, user):
        box = poplib.POP3(*server.address("pop3"), timeout=PATIENCE)
        box.user(user)
        box.pass_("secret")
        found = [b"\r\n".join(box.retr(number)[1]).decode() for number in range(1, box.stat()[0] + 1)]
        box.quit()
        return found

    def send(self, to):
        with smtplib.SMTP(*self.one.address("submission"), timeout=PATIENCE) as client:
            client.login("ann@one.test", "secret")
            client.sendmail("ann@one.test", to, "Subject: round and round\r\n\r\nx\r\n")

    def test_a_letter_does_not_multiply(self):
        self.alias(self.one, "list@one.test", "two@two.test", "three@two.test")
        self.alias(self.two, "two@two.test", "list@one.test")
        self.alias(self.two, "three@two.test", "list@one.test")
        self.send(["list@one.test"])
        self.settle()
        reports = self.mailbox(self.one, "ann@one.test")
        self.assertTrue(1 <= len(reports) <= 2, reports)
        for report in reports:
            self.assertIn("5.4.6", report)
            self.assertIn("Delivered-To: list@one.test", report)
        self.assertLessEqual(self.accepted(self.one), 3, "the letter, and what its sender is told")
        self.assertLessEqual(self.accepted(self.two), 2)

    def test_recipients_do_not_learn_of_each_other(self):
        self.alias(self.one, "board@one.test", "hong@two.test")
        self.send(["ann@one.test", "board@one.test"])
        self.settle()
        mine, = self.mailbox(self.one, "ann@one.test")
        theirs, = self.mailbox(self.two, "hong@two.test")
        for letter in mine, theirs:
            self.assertNotIn("board", letter)
            self.assertRegex(letter, r"(?m)^Delivered-To: [0-9a-f]{32}@mail.one.test\r$")

    def test_a_letter_to_the_same_list_twice_is_two_letters(self):
        self.alias(self.one, "board@one.test", "hong@two.test")
        self.send(["board@one.test"])
        self.send(["board@one.test"])
        self.settle()
        letters = self.mailbox(self.two, "hong@two.test")
        self.assertEqual(len(letters), 2)
        for letter in letters:
            self.assertIn("Delivered-To: board@one.test\r\n", letter)


if __name__ == "__main__":
    unittest.main()
