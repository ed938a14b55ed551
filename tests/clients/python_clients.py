"""Python's smtplib and poplib against the server."""
import base64
import poplib
import smtplib
import socket
import ssl

from house import Case, MESSAGES, PATIENCE, PLAIN, main

SENDER = "sender@elsewhere.test"
EIGHT_BIT = ["BODY=8BITMIME"]


class Relay(Case):
    """Port 25: mail for our users, from anybody."""

    def session(self):
        return smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE)

    def test_every_message_survives_byte_for_byte(self):
        with self.session() as session:
            for message in MESSAGES.values():
                self.assertEqual(session.sendmail(SENDER, [self.user], message, EIGHT_BIT), {})
        for (name, sent), received in zip(MESSAGES.items(), self.fetch(), strict=True):
            with self.subTest(name):
                self.assert_carried(received, sent)
                self.assertTrue(received.startswith(b"Return-Path: <sender@elsewhere.test>\r\nReceived: "))

    def test_starttls(self):
        with self.session() as session:
            session.starttls(context=self.tls)
            session.sendmail(SENDER, [self.user], PLAIN)
        [received] = self.fetch()
        self.assert_carried(received, PLAIN)
        self.assertIn(b"with ESMTPS ", received)

    def test_several_recipients_of_whom_some_are_refused(self):
        others = [self.account(), self.account()]
        with self.session() as session:
            refused = session.sendmail(SENDER, [self.user, "nobody@one.test", *others, "x@relay.test"], PLAIN)
        self.assertEqual(sorted(refused), ["nobody@one.test", "x@relay.test"])
        for user in [self.user, *others]:
            [received] = self.fetch(user)
            self.assert_carried(received, PLAIN)

    def test_no_relay_and_no_log_in(self):
        with self.session() as session:
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                session.sendmail(SENDER, ["x@relay.test"], PLAIN)
            session.starttls(context=self.tls)
            session.ehlo()
            self.assertFalse(session.has_extn("auth"))

    def test_null_sender(self):
        with self.session() as session:
            session.sendmail("", [self.user], PLAIN)
        [received] = self.fetch()
        self.assertTrue(received.startswith(b"Return-Path: <>\r\n"))

    def test_smtputf8(self):
        message = "From: 张三 <张三@例子.test>\r\nSubject: 你好\r\n\r\n再见\r\n".encode()
        with self.session() as session:
            session.ehlo()
            self.assertTrue(session.has_extn("smtputf8"))
            session.sendmail("张三@例子.test", [self.user], message, ["SMTPUTF8", "BODY=8BITMIME"])
        [received] = self.fetch()
        self.assertIn(b"Return-Path: <" + "张三@例子.test".encode() + b">\r\n", received)
        self.assertTrue(received.endswith(message))

    def test_pipelined(self):
        commands = (f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{self.user}>\r\nRCPT TO:<nobody@one.test>\r\nDATA\r\n")
        text = PLAIN.decode() + ".\r\n"
        with socket.create_connection(self.server.address("smtp"), timeout=PATIENCE) as raw:
            replies = raw.makefile("rb")
            replies.readline()
            raw.sendall(b"EHLO client.test\r\n")
            while replies.readline()[3:4] == b"-":
                pass
            raw.sendall(commands.encode())
            self.assertEqual([replies.readline()[:3] for _ in range(4)], [b"250", b"250", b"550", b"354"])
            raw.sendall((text + commands).encode())
            self.assertEqual([replies.readline()[:3] for _ in range(5)], [b"250", b"250", b"250", b"550", b"354"])
            raw.sendall((text + "QUIT\r\n").encode())
            self.assertEqual([replies.readline()[:3] for _ in range(3)], [b"250", b"221", b""])
        self.assertEqual(len(self.fetch()), 2)


class Submission(Case):
    """Ports 587 and 465: our users, logged in."""

    def test_plain_and_login_after_starttls(self):
        for mechanism in "PLAIN", "LOGIN":
            with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as session:
                session.starttls(context=self.tls)
                session.ehlo()
                self.login(session, self.user, self.password, mechanism)
                session.sendmail(self.user, [self.user], PLAIN)
        for received in self.fetch():
            self.assertIn(b"with ESMTPSA ", received)
            self.assertTrue(received.endswith(b"\r\n\r\nHello.\r\n"))

    def test_implicit_tls_and_what_is_added(self):
        message = b"From: <%s>\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\nMessage-ID: <a@b>\r\n\r\nx\r\n" % self.user.encode()
        with smtplib.SMTP_SSL(*self.server.address("submissions"), context=self.tls, timeout=PATIENCE) as session:
            self.login(session, self.user, self.password)
            session.sendmail(self.user, [self.user], message)
            session.sendmail(self.user, [self.user], b"From: <x>\r\n\r\nno date\r\n")
        complete, completed = self.fetch()
        self.assert_carried(complete, message)
        self.assertIn(b"\r\nDate: ", completed)
        self.assertIn(b"\r\nMessage-ID: <", completed)
        self.assertTrue(completed.endswith(b"\r\n\r\nno date\r\n"))

    def test_smtplib_logs_in_by_itself(self):
        self.server.add_account("ascii", "secret")
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as session:
            session.starttls(context=self.tls)
            session.login("ascii@one.test", "secret")
            session.sendmail("ascii@one.test", [self.user], PLAIN)
        self.assertEqual(len(self.fetch()), 1)

    def test_wrong_password(self):
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as session:
            session.starttls(context=self.tls)
            with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
                session.login(self.user, "wrong")
            self.assertEqual(caught.exception.smtp_code, 535)

    def test_nothing_without_log_in_and_no_log_in_without_tls(self):
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as session:
            with self.assertRaises(smtplib.SMTPSenderRefused):
                session.sendmail(self.user, [self.user], PLAIN)
            session.ehlo()
            self.assertFalse(session.has_extn("auth"))
            with self.assertRaises(smtplib.SMTPNotSupportedError):
                session.login(self.user, "x")

    def test_sender_must_be_the_account(self):
        with self.submission() as session:
            with self.assertRaises(smtplib.SMTPSenderRefused):
                session.sendmail("boss@one.test", [self.user], PLAIN)

    def test_a_certificate_nobody_vouches_for_is_not_taken(self):
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as session:
            with self.assertRaises(ssl.SSLCertVerificationError):
                session.starttls(context=ssl.create_default_context())


class Pop3(Case):
    def deliver(self, *messages):
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as session:
            for message in messages:
                session.sendmail(SENDER, [self.user], message, EIGHT_BIT)

    def open(self, user=None, password=None):
        session = poplib.POP3_SSL(*self.server.address("pop3s"), context=self.tls, timeout=PATIENCE)
        session.encoding = "utf-8"
        session.user(user or self.user)
        session.pass_(self.password if password is None else password)
        return session

    def test_commands(self):
        self.deliver(PLAIN, MESSAGES["dots"], MESSAGES["blank lines"])
        session = self.open()
        count, size = session.stat()
        self.assertEqual(count, 3)
        sizes = [int(line.split()[1]) for line in session.list()[1]]
        self.assertEqual(sum(sizes), size)
        uids = [line.split()[1] for line in session.uidl()[1]]
        self.assertEqual(len(set(uids)), 3)
        self.assertEqual(session.uidl(2).split()[2], uids[1])
        self.assertEqual(session.top(2, 2)[1][-3:], [b"", b".", b".."])
        self.assertEqual(session.noop(), b"+OK")
        session.dele(1)
        self.assertEqual(session.stat()[0], 2)
        with self.assertRaises(poplib.error_proto):
            session.retr(1)
        session.rset()
        self.assertEqual(session.stat()[0], 3)
        session.dele(2)
        session.quit()
        session = self.open()
        self.assertEqual([line.split()[1] for line in session.uidl()[1]], [uids[0], uids[2]])
        session.dele(1)
        session.close()  # vanished: nothing is removed
        self.assertEqual(len(self.fetch_when_free()), 2)

    def fetch_when_free(self):
        while True:
            try:
                return self.fetch()
            except poplib.error_proto as error:  # the server may not have seen the end of the other session yet
                self.assertIn("[IN-USE]", str(error))

    def test_stls(self):
        self.deliver(PLAIN)
        session = poplib.POP3(*self.server.address("pop3"), timeout=PATIENCE)
        session.encoding = "utf-8"
        capabilities = session.capa()
        self.assertIn("STLS", capabilities)
        self.assertNotIn("USER", capabilities)
        with self.assertRaises(poplib.error_proto):
            session.user(self.user)
        session.stls(context=self.tls)
        self.assertIn("USER", session.capa())
        self.assertEqual(session.capa()["SASL"], ["PLAIN", "LOGIN"])
        session.user(self.user)
        session.pass_(self.password)
        self.assertEqual(session.stat()[0], 1)
        session.quit()

    def test_auth_plain(self):
        session = poplib.POP3_SSL(*self.server.address("pop3s"), context=self.tls, timeout=PATIENCE)
        token = base64.b64encode(f"\0{self.user}\0{self.password}".encode()).decode()
        self.assertTrue(session._shortcmd("AUTH PLAIN " + token).startswith(b"+OK"))
        session.quit()

    def test_one_session_a_maildrop(self):
        first = self.open()
        with self.assertRaisesRegex(poplib.error_proto, r"\[IN-USE\]"):
            self.open()
        first.quit()
        self.open().quit()

    def test_wrong_password_and_unknown_user(self):
        for user, password in (self.user, "wrong"), ("nobody@one.test", "x"):
            with self.assertRaisesRegex(poplib.error_proto, r"\[AUTH\]"):
                self.open(user, password)

    def test_mail_that_comes_during_a_session_waits_for_the_next(self):
        self.deliver(PLAIN)
        session = self.open()
        self.deliver(PLAIN)
        self.assertEqual(session.stat()[0], 1)
        session.dele(1)
        session.quit()
        self.assertEqual(len(self.fetch()), 1)

    def test_pipelined(self):
        self.deliver(PLAIN, PLAIN, PLAIN)
        context = self.tls
        with socket.create_connection(self.server.address("pop3s"), timeout=PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as raw:
                raw.sendall(f"USER {self.user}\r\nPASS {self.password}\r\nSTAT\r\nRETR 1\r\nDELE 1\r\nRETR 3\r\nQUIT\r\n".encode())
                everything = b"".join(iter(lambda: raw.recv(65536), b""))
        self.assertEqual(everything.count(PLAIN + b".\r\n"), 2)
        self.assertTrue(everything.endswith(b"+OK bye, 1 messages removed\r\n"))
        self.assertEqual(len(self.fetch()), 2)


class ClearText(Case):
    """Log-in without TLS, where the operator allows it."""
    options = ("--insecure-auth",)

    def test_smtp_and_pop3(self):
        with smtplib.SMTP(*self.server.address("submission"), timeout=PATIENCE) as session:
            session.ehlo()
            for mechanism in "PLAIN", "LOGIN":
                self.assertIn(mechanism, session.esmtp_features["auth"])
            self.login(session, self.user, self.password)
            session.sendmail(self.user, [self.user], PLAIN)
        session = poplib.POP3(*self.server.address("pop3"), timeout=PATIENCE)
        session.encoding = "utf-8"
        session.user(self.user)
        session.pass_(self.password)
        self.assertEqual(session.stat()[0], 1)
        session.quit()


if __name__ == "__main__":
    main()
