#!/usr/bin/env python3
"""Connections that a proxy hands on (PROXY protocol): for SMTP, IMAP and IMAP under TLS, and what strangers try."""
import pathlib
import shutil
import socket
import ssl
import struct
import tempfile
import unittest

from dialogue import Dialogue
from posthouse_server import PATIENCE, Posthouse

V2 = b"\r\n\r\n\x00\r\nQUIT\n"


def crc32c(octets):
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def v1(client, port=40000):
    family = "TCP6" if ":" in client else "TCP4"
    server = "2001:db8::7" if ":" in client else "198.51.100.7"
    return f"PROXY {family} {client} {server} {port} 25\r\n".encode()


def v2(client, port=40000, command=1):
    six = ":" in client
    family = socket.AF_INET6 if six else socket.AF_INET
    block = socket.inet_pton(family, client) + socket.inet_pton(family, "2001:db8::7" if six else "198.51.100.7")
    block += struct.pack("!HH", port, 25)
    header = V2 + bytes([0x20 | command, 0x21 if six else 0x11]) + struct.pack("!H", len(block) + 7) + block
    whole = header + b"\x03\x00\x04"
    return whole + struct.pack("!I", crc32c(whole + bytes(4)))


class Proxied(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def server(self, network, more=""):
        config = self.folder / "posthouse.toml"
        config.write_text(f'log_level = "debug"\n[authentication]\nverify = false\n[proxy]\nfrom = ["{network}"]\n{more}')
        return Posthouse(users={"ann": "secret"}, data=self.folder / "data",
                         options=["--config", config, "--insecure-auth"])

    def letter_through(self, server, header):
        with Dialogue(server.address("smtp"), timeout=PATIENCE) as c:
            c.send(header)
            c.smtp()
            c.send("Subject: handed on\r\n\r\nHello.\r\n.\r\n")
            self.assertRegex(c.reply(), "^250 ")
            self.assertRegex(c.ask("QUIT"), "^221 ")

    def imap_through(self, server, header):
        with Dialogue(server.address("imap"), timeout=PATIENCE) as c:
            c.send(header)
            self.assertRegex(c.reply(), r"^\* OK ")
            c.send("a LOGIN ann@one.test secret\r\nc EXAMINE INBOX\r\nd FETCH * BODY.PEEK[]\r\ne LOGOUT\r\n")
            return c.reader.read().decode()

    def test_who_a_proxy_says_is_who_is_logged_and_traced(self):
        with self.server("127.0.0.0/8") as server:
            clients = [(v1, "192.0.2.1"), (v2, "192.0.2.2"), (v1, "2001:db8::11"), (v2, "2001:db8::12")]
            for version, client in clients:
                self.letter_through(server, version(client))
                got = self.imap_through(server, version(client, 50000))
                self.assertIn("d OK", got)
                traced = "IPv6:" + client if ":" in client else client
                self.assertRegex(got, rf"Received: from test[^\r]*\[{traced}\]")
            self.assertEqual(server.stop(), 0)
            log = server.log()
            for _, client in clients:
                shown = f"[{client}]" if ":" in client else client
                self.assertIn(f"peer={shown}:40000 protocol=smtp", log)
                self.assertIn(f"session ended peer={shown}:50000 protocol=imap user=ann@one.test", log)
            self.assertNotIn("session ended peer=127.", log)

    def test_tls_begins_behind_the_header_at_once(self):
        with self.server("127.0.0.0/8") as server:
            for header in v1("192.0.2.1"), v2("192.0.2.2"), v2("192.0.2.3", command=0), b"PROXY UNKNOWN\r\n":
                context = ssl.create_default_context(cafile=server.certificate)
                context.check_hostname = False
                inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
                tls = context.wrap_bio(inward, outward)
                with socket.create_connection(server.address("imaps"), timeout=PATIENCE) as c:
                    c.settimeout(PATIENCE)
                    first = header  # and the ClientHello, all in one segment
                    greeting = b""
                    while not greeting.endswith(b"\r\n"):
                        try:
                            greeting += tls.read(4096)
                        except ssl.SSLWantReadError:
                            if outward.pending:
                                c.sendall(first + outward.read())
                                first = b""
                            got = c.recv(65536)
                            self.assertTrue(got, "the server has closed")
                            inward.write(got)
                    self.assertRegex(greeting, rb"^\* OK ")

    def test_a_proxy_that_says_nothing_of_its_client_is_not_served(self):
        with self.server("127.0.0.0/8", 'timeout = "200ms"\n') as server:
            damaged = bytearray(v2("192.0.2.1"))
            damaged[17] ^= 1  # an octet of the address, which the checksum is of
            for said in b"", b"EHLO a.test\r\n", v1("192.0.2.1")[:-1], v2("192.0.2.1")[:-1], bytes(damaged):
                with Dialogue(server.address("smtp"), timeout=PATIENCE) as c:
                    c.send(said)
                    self.assertEqual(c.reply(), "")
            self.assertEqual(server.stop(), 0)
            self.assertRegex(server.log(), r"proxy refused peer=127\.0\.0\.1:\d+ protocol=smtp error=")
            self.assertNotIn("peer=192.0.2.1", server.log())

    def test_a_strangers_header_is_no_header(self):
        with self.server("192.0.2.0/24") as server:
            with Dialogue(server.address("smtp"), timeout=PATIENCE) as c:
                self.assertRegex(c.reply(), "^220 ")
                self.assertRegex(c.ask(v1("192.0.2.1").decode().rstrip()), "^500 ")
                self.assertRegex(c.ask("QUIT"), "^221 ")
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("192.0.2.1", server.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
