#!/usr/bin/env python3
"""posthouse send: what it sends, what it prints, and its status."""
import email
import email.policy
import json
import pathlib
import poplib
import shutil
import smtplib
import subprocess
import tempfile
import unittest

from posthouse_server import BINARY, PATIENCE, Posthouse

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Send(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Posthouse("one.test", {"ann": "secret", "bob": "other"}, options=["--insecure-auth"])
        cls.server.start()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        (cls.folder / "password").write_text("secret\n")
        (cls.folder / "wrong").write_text("guess\n")
        (cls.folder / "letter.txt").write_text("Liebe Grüße\n.\n张三\n")
        (cls.folder / "letter.html").write_text("<p>See <img src='cid:map@one.test'>")
        (cls.folder / "map.png").write_bytes(PNG)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)
        shutil.rmtree(cls.folder, True)

    def send(self, *options, kind="submission", user=True, tls="starttls", trust=True, stdin=None):
        host, port = self.server.address(kind)
        command = [BINARY, "send", "--server", f"{host}:{port}", "--tls", tls]
        if trust and tls != "none":
            command += ["--ca", self.server.certificate]
        if user:
            command += ["--user", "ann@one.test", "--password-file", self.folder / "password"]
        return subprocess.run([*map(str, command), *map(str, options)], input=stdin, capture_output=True, timeout=PATIENCE)

    def messages(self, user="bob@one.test", password="other"):
        box = poplib.POP3(*self.server.address("pop3"))
        box.user(user)
        box.pass_(password)
        found = []
        for number in range(1, box.stat()[0] + 1):
            found.append(email.message_from_bytes(b"\r\n".join(box.retr(number)[1]) + b"\r\n", policy=email.policy.default))
            box.dele(number)
        box.quit()
        return found

    def assert_status(self, done, status):
        self.assertEqual(done.returncode, status, (done.stdout + done.stderr).decode())

    def test_a_letter_with_everything(self):
        done = self.send("--from", "张三 <ann@one.test>", "--to", "李小红 <bob@one.test>", "--cc", "ann@one.test",
                         "--subject", "你好 · hello", "--text", self.folder / "letter.txt", "--html", self.folder / "letter.html",
                         "--inline", f"{self.folder}/map.png=map@one.test", "--attach", self.folder / "map.png")
        self.assert_status(done, 0)
        self.assertIn(b"accepted  bob@one.test\naccepted  ann@one.test\nThe server says: 250 ", done.stdout)
        message, = self.messages()
        self.assertEqual(str(message["From"]), "张三 <ann@one.test>")
        self.assertEqual(str(message["To"]), "李小红 <bob@one.test>")
        self.assertEqual(str(message["Cc"]), "ann@one.test")
        self.assertEqual(message["Subject"], "你好 · hello")
        self.assertEqual([part.get_content_type() for part in message.walk()],
                         ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
                          "image/png", "image/png"])
        self.assertEqual(message.get_body(("plain",)).get_content(), "Liebe Grüße\r\n.\r\n张三\r\n")
        self.assertEqual([part.get_content() for part in message.iter_attachments()], [PNG])
        self.assertEqual(len(self.messages("ann@one.test", "secret")), 1)

    def test_every_kind_of_protection(self):
        for kind, tls in (("submission", "starttls"), ("submissions", "implicit"), ("submission", "none")):
            done = self.send("--from", "ann@one.test", "--to", "bob@one.test", "--text", "-", kind=kind, tls=tls, stdin=b"x\n")
            self.assert_status(done, 0)
        self.assert_status(self.send("--from", "a@load.test", "--to", "bob@one.test", "--text", "-", kind="smtp", user=False,
                                     stdin=b"x\n"), 0)
        self.assertEqual(len(self.messages()), 4)

    def test_bcc_is_not_written(self):
        self.assert_status(self.send("--from", "ann@one.test", "--bcc", "bob@one.test", "--subject", "hush"), 0)
        message, = self.messages()
        self.assertNotIn("bob", message.as_string().split("Subject")[1])
        self.assertIsNone(message["Bcc"])

    def test_a_ready_message(self):
        eml = self.folder / "ready.eml"
        eml.write_bytes(b"From: Ann <ann@one.test>\nTo: bob@one.test\nMessage-ID: <1@one.test>\nDate: Mon, 5 Feb 2024 10:00:00 +0000\n"
                        b"Subject: ready\n\n.dot\n..\nno end")
        self.assert_status(self.send("--raw", eml), 0)
        message, = self.messages()
        self.assertEqual(message["Message-ID"], "<1@one.test>")
        self.assertEqual(message.get_content(), ".dot\r\n..\r\nno end\r\n")
        done = self.send("--raw", eml, "--to", "nobody@one.test", "--json")
        self.assert_status(done, 1)
        self.assertEqual(self.messages(), [])

    def test_bcc_of_a_ready_message_goes(self):
        eml = self.folder / "hidden.eml"
        eml.write_bytes(b"From: ann@one.test\nBcc: bob@one.test,\n nobody@one.test\nResent-Bcc: x@one.test\nSubject: hush\n\nBcc: body\n")
        done = self.send("--raw", eml, kind="smtp", user=False)
        self.assertIn(b"accepted  bob@one.test\nrefused   nobody@one.test: 550 5.1.1", done.stdout)
        message, = self.messages()
        self.assertEqual(message.keys()[-2:], ["From", "Subject"])
        self.assertEqual(message.get_content(), "Bcc: body\r\n")
        done = self.send("--raw", eml, "--to", "bob@one.test", kind="smtp", user=False)
        self.assert_status(done, 0)
        self.assertNotIn("nobody", self.messages()[0].as_string())

    def test_the_server_takes_bcc_out_of_what_users_submit(self):
        letter = b"From: ann@one.test\r\nbcc : bob@one.test,\r\n\tghost@one.test\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nBcc: body\r\n"
        for kind, seen in (("submission", letter.replace(letter[20:58], b"")), ("smtp", letter)):
            with smtplib.SMTP(*self.server.address(kind)) as client:
                if kind == "submission":
                    client.login("ann@one.test", "secret")
                client.sendmail("ann@one.test", ["bob@one.test"], letter)
            box = poplib.POP3(*self.server.address("pop3"))
            box.user("bob@one.test")
            box.pass_("other")
            octets = b"\r\n".join(box.retr(1)[1]) + b"\r\n"
            box.dele(1)
            box.quit()
            self.assertTrue(octets.endswith(b"\r\n" + seen), octets)

    def test_one_of_two_is_refused(self):
        done = self.send("--from", "ann@one.test", "--to", "nobody@one.test, bob@one.test", "--subject", "x")
        self.assert_status(done, 1)
        self.assertIn(b"accepted  bob@one.test\nrefused   nobody@one.test: 550 5.1.1", done.stdout)
        self.assertEqual(len(self.messages()), 1)
        done = self.send("--from", "ann@one.test", "--to", "nobody@one.test, bob@one.test", "--subject", "x", "--json")
        self.assert_status(done, 1)
        result = json.loads(done.stdout)
        self.assertEqual(result["accepted"], ["bob@one.test"])
        self.assertEqual([(r["address"], r["code"], r["enhanced"]) for r in result["refused"]],
                         [("nobody@one.test", 550, "5.1.1")])
        self.assertEqual(result["reply"]["code"], 250)
        self.assertEqual(len(self.messages()), 1)

    def test_what_goes_wrong_is_said_plainly(self):
        letter = ("--from", "ann@one.test", "--to", "bob@one.test", "--subject", "x")
        done = self.send(*letter, "--user", "ann@one.test", "--password-file", self.folder / "wrong", user=False)
        self.assert_status(done, 1)
        self.assertIn(b"535 5.7.8", done.stderr)
        done = self.send(*letter, trust=False)
        self.assert_status(done, 1)
        self.assertIn(b"certificate", done.stderr)
        self.assert_status(self.send(*letter, "--insecure", trust=False), 0)
        done = self.send(*letter, user=False)
        self.assert_status(done, 1)
        self.assertIn(b"530 5.7.0", done.stderr)
        done = self.send("--from", "bob@one.test", "--to", "bob@one.test", "--subject", "x")
        self.assert_status(done, 1)
        self.assertIn(b"5.7.1", done.stderr)
        done = subprocess.run([BINARY, "send", "--server", "127.0.0.1:1", *letter], capture_output=True, timeout=PATIENCE)
        self.assert_status(done, 1)
        self.assertIn(b"127.0.0.1:1", done.stderr)
        self.assertEqual(len(self.messages()), 1)

    def test_wrong_use(self):
        for options in ((), ("--from", "ann@one.test"), ("--from", "ann@one.test", "--to", "b@c"),
                        ("--from", "ann", "--to", "b@c", "--subject", "x"), ("--from", "ann@one.test", "--to", "", "--subject", "x"),
                        ("--from", "ann@one.test", "--to", "b@c", "--text", "absent.txt"),
                        ("--from", "ann@one.test", "--to", "b@c", "--subject", "x", "--inline", "map.png"),
                        ("--raw", self.folder / "letter.txt", "--subject", "x"),
                        ("--subject", "x", "--to", "b@c"), ("--no-such-option",)):
            done = self.send(*options)
            self.assert_status(done, 2)
            self.assertTrue(done.stderr, options)
        for server in ("", "host:", "host:0", "host:65536", "[::1", "[::1]25"):
            done = subprocess.run([BINARY, "send", "--server", server, "--from", "a@b", "--to", "b@c", "--subject", "x"],
                                  capture_output=True, timeout=PATIENCE)
            self.assert_status(done, 2)

    def test_debug_shows_the_dialogue_without_secrets(self):
        done = self.send("--from", "ann@one.test", "--to", "bob@one.test", "--subject", "x", "--debug")
        self.assert_status(done, 0)
        self.assertIn(b"C: STARTTLS\nS: 220 ", done.stderr)
        self.assertIn(b"C: AUTH PLAIN ***\nS: 235 ", done.stderr)
        self.assertIn(b"C: RCPT TO:<bob@one.test>\n", done.stderr)
        self.assertEqual(len(self.messages()), 1)


if __name__ == "__main__":
    unittest.main()
