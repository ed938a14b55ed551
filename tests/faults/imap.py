#!/usr/bin/env python3
"""IMAP clients that mean no good, or are very many: the house answers others meanwhile, and its memory is bounded."""
import asyncio
import pathlib
import re
import socket
import unittest
import zlib

from posthouse_server import PATIENCE, Posthouse

MIB = 1024 * 1024


class Client:
    def __init__(self, server, log_in=True):
        self.socket = socket.create_connection(server.address("imap"), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        if log_in:
            self.ask("LOGIN ann@one.test secret")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, command):
        self.socket.sendall(command if isinstance(command, bytes) else f"t {command}\r\n".encode())
        return self.answers()

    def answers(self):
        """All up to the tagged answer, or to the end."""
        lines = []
        while not lines or not lines[-1].startswith(b"t "):
            try:
                line = self.file.readline()
            except ConnectionError:
                line = b""
            if not line:
                break
            lines.append(line)
        return lines


class Imap(unittest.TestCase):
    def setUp(self):
        self.server = Posthouse("one.test", {"ann": "secret"}, listen=("imap",), options=["--insecure-auth"])
        self.addCleanup(self.server.__exit__, None, None, None)
        self.server.start()

    def client(self, log_in=True):
        made = Client(self.server, log_in)
        self.addCleanup(made.close)
        return made

    def status(self, name):
        text = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) * 1024

    def begin_measuring(self):
        pathlib.Path(f"/proc/{self.server.process.pid}/clear_refs").write_text("5")
        self.before = self.status("VmRSS")

    def assert_grew_less_than(self, octets):
        grown = self.status("VmHWM") - self.before
        self.assertLess(grown, octets, f"it grew by {grown // MIB} MiB")

    def answered(self):
        """Whether somebody else is served."""
        other = self.client()
        return other.ask("NOOP")[-1] == b"t OK Nothing done\r\n"

    def append(self, client, text, times):
        for _ in range(times):
            answer = client.ask(b"t APPEND INBOX {%d+}\r\n%s\r\n" % (len(text), text))
            self.assertTrue(answer[-1].startswith(b"t OK"), answer)

    def test_clients_that_never_read(self):
        self.append(self.client(), b"Subject: large\r\n\r\n" + b"0123456789abcdef" * (5 * MIB // 16), 20)
        self.begin_measuring()
        silent = [self.client() for _ in range(8)]
        for client in silent:
            client.ask("SELECT INBOX")
            client.socket.sendall(b"t FETCH 1:* BODY.PEEK[]\r\n" * 20)
        self.assertTrue(self.answered())
        for client in silent:  # the answer has begun, and stands still since nobody takes it
            self.assertIn(b"FETCH", client.file.readline())
        self.assertTrue(self.answered())
        self.assert_grew_less_than(64 * MIB)
        for client in silent:
            client.close()
        self.assertTrue(self.answered())

    def test_commands_without_end(self):
        self.append(self.client(), b"Subject: x\r\n\r\nx\r\n", 3)
        self.begin_measuring()
        many = b",".join(b"%d" % n for n in range(1, 2_000_000, 2))
        commands = {
            "parentheses": b"t SEARCH " + b"(" * 100_000 + b"ALL" + b")" * 100_000 + b"\r\n",
            "a long key": b"t SEARCH SUBJECT {10485760+}\r\n" + b"k" * 10_485_760 + b"\r\n",
            "a long quoted key": b't SEARCH SUBJECT "' + b"k" * 10_485_760 + b'"\r\n',
            "a million ranges": b"t UID FETCH " + many + b" FLAGS\r\n",
            "four GiB": b"t APPEND INBOX {4294967296+}\r\n" + b"x" * MIB,
            "more than 64 bits": b"t APPEND INBOX {99999999999999999999}\r\n",
            "keys": b"t SEARCH " + b"NOT " * 1_000_000 + b"ALL\r\n",
            "items": b"t FETCH 1 (" + b"FLAGS " * 1_000_000 + b"UID)\r\n",
        }
        for name, command in commands.items():
            for log_in in (True, False):
                with self.subTest(name, log_in=log_in):
                    client = self.client(log_in)
                    if log_in:
                        client.ask("SELECT INBOX")
                    try:
                        answers = client.ask(command)
                    except ConnectionError:  # it has heard enough, and closed
                        answers = [b"* BYE"]
                    self.assertTrue(answers, "it ended without a word")
                    self.assertRegex(answers[-1], rb"^(t (OK|NO|BAD)|\* BYE)")
                    client.close()
        self.assertTrue(self.answered())
        self.assert_grew_less_than(96 * MIB)

    def test_messages_before_the_log_in(self):
        self.begin_measuring()
        for _ in range(20):
            client = self.client(log_in=False)
            try:
                answers = client.ask(b"t APPEND INBOX {52428800+}\r\n" + b"x" * (4 * MIB))
                self.assertRegex(answers[-1], rb"^(t (NO|BAD)|\* BYE)")
            except ConnectionError:
                pass
            client.close()
        self.assertTrue(self.answered())
        self.assert_grew_less_than(32 * MIB)

    def test_bombs(self):
        """256 MiB that are 256 KiB when it is compressed: as one line, as many, and as a message."""
        zeros = b"x" * MIB
        bombs = {"line": (b"t ", zeros), "lines": (b"", b"t NOOP\r\n" * 100_000),
                 "message": (b"t APPEND INBOX {50000000+}\r\n", zeros)}
        for name, (begin, piece) in bombs.items():
            with self.subTest(name):
                self.begin_measuring()
                client = self.client()
                self.assertTrue(client.ask("COMPRESS DEFLATE")[-1].startswith(b"t OK"))
                deflate = zlib.compressobj(9, wbits=-15)
                client.socket.settimeout(1)
                try:
                    client.socket.sendall(deflate.compress(begin))
                    for _ in range(256):
                        client.socket.sendall(deflate.compress(piece) + deflate.flush(zlib.Z_SYNC_FLUSH))
                except (ConnectionError, TimeoutError):  # it has closed, or waits until its answers are taken
                    pass
                self.assertTrue(self.answered())
                self.assert_grew_less_than(64 * MIB)
                client.close()

    def test_a_thousand_sessions_on_one_mailbox(self):
        messages, sessions = 40, 1000
        self.append(self.client(), b"Subject: x\r\n\r\nx\r\n", messages)
        self.begin_measuring()
        views = asyncio.run(self.store_all(sessions, messages))
        self.assertEqual(len(set(views)), 1, "they do not see the same")
        self.assertEqual(len(re.findall(rb"\$round1", views[0])), messages)
        self.assertNotIn(b"$round0", views[0])
        self.assert_grew_less_than(sessions * 128 * 1024)

    async def store_all(self, sessions, messages):
        gate = asyncio.Semaphore(50)  # log-ins under way

        async def ask(stream, command):
            stream[1].write(f"t {command}\r\n".encode())
            said = b""
            while not (line := await asyncio.wait_for(stream[0].readline(), PATIENCE)).startswith(b"t "):
                assert line, "the connection ended"
                said += line
            assert line.startswith(b"t OK"), line
            return said

        async def log_in():
            async with gate:
                stream = await asyncio.open_connection(*self.server.address("imap"))
                await stream[0].readline()
                await ask(stream, "LOGIN ann@one.test secret")
                await ask(stream, "SELECT INBOX")
                return stream

        streams = await asyncio.gather(*(log_in() for _ in range(sessions)))
        for command in ("+FLAGS ($round0)", "FLAGS ($round1 \\Seen)"):
            await asyncio.gather(*(ask(stream, f"STORE {i % messages + 1} {command}") for i, stream in enumerate(streams)))
        await asyncio.gather(*(ask(stream, "NOOP") for stream in streams))
        views = await asyncio.gather(*(ask(stream, f"FETCH 1:{messages} (UID FLAGS)") for stream in streams))
        for _, writer in streams:
            writer.close()
        return [re.sub(rb" ?\\Recent", b"", view) for view in views]  # one of them was told of the messages first


if __name__ == "__main__":
    unittest.main()
