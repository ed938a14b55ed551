#!/usr/bin/env python3
"""Runs the programs of the tutorial's chapter 3, ours and their twins in Python, against a server and reads what arrived:
send_mail_test.py BIN_DIR."""
import email
import email.policy
import os
import pathlib
import poplib
import subprocess
import sys
import tempfile
import unittest

from posthouse_server import PATIENCE, Posthouse

BIN = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
PICTURE = HERE / "letter" / "stamp.png"
LANGUAGES = "C++", "Python"
USER, PASSWORD = "ann@one.test", "geheim"


def program(name, *arguments, language="C++"):
    command = [sys.executable, HERE / "python" / f"{name}.py"] if language == "Python" else [os.path.join(BIN, name)]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)


class SendMail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Posthouse("one.test", {"ann": PASSWORD, "bob": "geheimer"}, options=["--insecure-auth"])
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def messages(self, user="bob@one.test", password="geheimer"):
        """Takes all messages out of a mailbox."""
        box = poplib.POP3(*self.server.address("pop3"))
        box.user(user)
        box.pass_(password)
        found = []
        for number in range(1, box.stat()[0] + 1):
            found.append(email.message_from_bytes(b"\r\n".join(box.retr(number)[1]), policy=email.policy.default))
            box.dele(number)
        box.quit()
        return found

    def send(self, step, *more, language="C++"):
        done = program(f"send_mail_{step}", *self.server.address("submission"), USER, PASSWORD, "bob@one.test", *more,
                       language=language)
        self.assertEqual(done.returncode, 0, done.stderr)
        if language == "C++":
            self.assertEqual(done.stderr, "")
            self.assertIn("S: 235 ", done.stdout)
            self.assertNotIn("Z2VoZWlt", done.stdout)  # the password, in base64
        message, = self.messages()
        return message

    def sent_by_both(self, step, *more):
        """(language, message) of either program."""
        for language in LANGUAGES:
            yield language, self.send(step, *more, language=language)

    def test_step_1_plain(self):
        for language, message in self.sent_by_both("plain", "ann@one.test"):
            self.assertEqual(message.get_content().strip(), f"hello, sent by {language}...")
            self.assertEqual(len(self.messages(USER, PASSWORD)), 1)

    def test_step_1_one_of_two_refused(self):
        done = program("send_mail_plain", *self.server.address("submission"), USER, PASSWORD, "nobody@one.test", "bob@one.test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nobody@one.test: 550 5.1.1", done.stdout)
        self.assertEqual(len(self.messages()), 1)

    def test_step_2_names(self):
        for language, message in self.sent_by_both("names"):
            self.assertEqual(str(message["From"]), f"{language} 爱好者 <ann@one.test>")
            self.assertEqual(str(message["To"]), "管理员 <bob@one.test>")
            self.assertEqual(message["Subject"], "来自 SMTP 的问候……")
            self.assertEqual(message.get_content().strip(), f"你好，这封信由 {language} 发出……")

    def test_step_3_html(self):
        for _, message in self.sent_by_both("html"):
            self.assertEqual(message.get_content_type(), "text/html")
            self.assertIn("<h1>Hello</h1>", message.get_content())

    def test_step_4_attachment(self):
        for _, message in self.sent_by_both("attachment", PICTURE):
            self.assertEqual(message.get_body().get_content().strip(), "sent with a file...")
            attachment, = message.iter_attachments()
            self.assertEqual(attachment.get_filename(), PICTURE.name)
            self.assertEqual(attachment.get_content_type(), "image/png")
            self.assertEqual(attachment.get_content(), PICTURE.read_bytes())

    def test_step_5_inline(self):
        for _, message in self.sent_by_both("inline", PICTURE):
            self.assertEqual(message.get_content_type(), "multipart/related")
            html, picture = message.iter_parts()
            self.assertIn('src="cid:0"', html.get_content())
            self.assertEqual(picture["Content-ID"], "<0>")
            self.assertEqual(picture.get_content(), PICTURE.read_bytes())

    def test_step_6_alternative(self):
        for _, message in self.sent_by_both("alternative"):
            self.assertEqual([part.get_content_type() for part in message.walk()],
                             ["multipart/alternative", "text/plain", "text/html"])

    def test_step_7_tls(self):
        certificate = self.server.certificate
        for language in LANGUAGES:
            for tls, kind in (("starttls", "submission"), ("implicit", "submissions")):
                with self.subTest(language=language, tls=tls):
                    arguments = tls, *self.server.address(kind), USER, PASSWORD, "bob@one.test"
                    done = program("send_mail_tls", *arguments, certificate, language=language)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    if language == "C++":
                        self.assertEqual(done.stderr, "")
                        self.assertIn("certificate verified", done.stdout)
                    self.assertEqual(len(self.messages()), 1)
                    # A certificate nobody vouches for.
                    done = program("send_mail_tls", *arguments, language=language)
                    self.assertEqual(done.returncode, 1)
                    self.assertIn("certificate", done.stderr)

    def test_step_8_many(self):
        for language in LANGUAGES:
            with self.subTest(language=language), tempfile.TemporaryDirectory() as folder:
                guests = pathlib.Path(folder) / "guests"
                guests.write_text("bob@one.test 鲍勃 <Bob>\nann@one.test 安\n", encoding="utf-8")
                done = program("send_mail_many", *self.server.address("submission"), USER, PASSWORD, guests, PICTURE,
                               language=language)
                self.assertEqual(done.returncode, 0, done.stderr)
                bobs, = self.messages()
                anns, = self.messages(USER, PASSWORD)
                self.assertEqual(bobs["To"].addresses[0].display_name, "鲍勃 <Bob>")
                self.assertEqual(anns["Subject"], "安，你好")
                self.assertIn("鲍勃 &lt;Bob&gt;", bobs.get_body(("html",)).get_content())
                self.assertIn("亲爱的安：", anns.get_body(("plain",)).get_content())
                for message in bobs, anns:
                    attachment, = message.iter_attachments()
                    self.assertEqual(attachment.get_content(), PICTURE.read_bytes())

    def test_what_goes_wrong_is_said_plainly(self):
        address = self.server.address("submission")
        done = program("send_mail_plain", *address, USER, "wrong", "bob@one.test")
        self.assertEqual(done.returncode, 1)
        self.assertIn("log-in as ann@one.test refused", done.stderr)
        self.assertIn("535 5.7.8", done.stderr)
        done = program("send_mail_plain", *address, USER, PASSWORD, "nobody@one.test")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody@one.test: 550 5.1.1", done.stderr)
        done = program("send_mail_plain", "host.invalid", 25, USER, PASSWORD, "bob@one.test")
        self.assertEqual(done.returncode, 1)
        self.assertIn("host.invalid", done.stderr)
        done = program("send_mail_plain", "127.0.0.1", 1, USER, PASSWORD, "bob@one.test")
        self.assertEqual(done.returncode, 1)
        self.assertIn("127.0.0.1", done.stderr)
        self.assertEqual(self.messages(), [])


if __name__ == "__main__":
    unittest.main()
