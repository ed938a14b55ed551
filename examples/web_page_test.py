#!/usr/bin/env python3
"""Asks web servers of Python's own http.server, with TLS, for pages: web_page_test.py BIN_DIR."""
import http.server
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

from posthouse_server import PATIENCE

BIN = sys.argv.pop(1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "page?1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (b"one ", b"two"):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        body = b"x" * 300_000 if self.path == "/large" else f"this is {self.path}".encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@unittest.skipUnless(shutil.which("openssl"), "no openssl: there is no certificate to show")
class WebPages(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.certificate = self.folder / "cert.pem"
        key = self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.certificate],
                       check=True, capture_output=True, timeout=PATIENCE)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None  # clients that do not trust it
        self.addCleanup(self.server.server_close)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.shutdown)

    def asked(self, path, trusted=True):
        url = f"https://localhost:{self.server.server_port}{path}"
        command = [os.path.join(BIN, "web_page"), url] + ([str(self.certificate)] if trusted else [])
        return url, subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)

    def test_pages(self):
        url, done = self.asked("/page")
        self.assertEqual(done.stdout, f"{url}: 200 text/plain\nthis is /page", done.stderr)
        url, done = self.asked("/chunks")
        self.assertEqual(done.stdout, f"{url}: 200 text/plain\none two", done.stderr)
        url, done = self.asked("/moved")
        self.assertEqual(done.stdout, f"{url.replace('moved', 'page?1')}: 200 text/plain\nthis is /page?1", done.stderr)

    def test_refused(self):
        _, done = self.asked("/page", trusted=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate", done.stderr)
        _, done = self.asked("/large")
        self.assertEqual(done.returncode, 1)
        self.assertIn("262144 octets", done.stderr)


if __name__ == "__main__":
    unittest.main()
