#!/usr/bin/env python3
"""Runs the programs of the tutorial's chapter 1, ours and their twins in Python: tcp_test.py BIN_DIR."""
import http.server
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

BIN = sys.argv[1]
PYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python")
GREETINGS = "Welcome!\nHello, Michael!\nHello, Tracy!\nHello, Sarah!\n"


def program(name, *arguments, **options):
    """Starts one of ours, or one in Python when the name ends with .py."""
    command = [sys.executable, os.path.join(PYTHON, name)] if name.endswith(".py") else [os.path.join(BIN, name)]
    return subprocess.Popen(command + [str(each) for each in arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(name="greeting_server"):
    """A port that was free may be taken a moment later: then another is tried."""
    for _ in range(20):
        port = free_port()
        server = program(name, f"127.0.0.1:{port}")
        if server.stdout.readline() == "Waiting for connection...\n":
            return server, port
        assert "address already in use" in server.stderr.read().lower()
        server.wait()
    raise AssertionError("no free port")


def test_greetings():
    server, port = start_server()
    try:
        clients = [program("greeting_client", "localhost", port) for _ in range(5)]
        for client in clients:
            output, errors = client.communicate(timeout=60)
            assert (client.returncode, errors) == (0, ""), errors
            assert output == GREETINGS, output

        taken = program("greeting_server", f"127.0.0.1:{port}")
        output, errors = taken.communicate(timeout=60)
        assert taken.returncode == 1 and output == ""
        assert errors == f"cannot listen on 127.0.0.1:{port}: address already in use\n", errors

        with socket.create_connection(("127.0.0.1", port)) as staying:
            assert staying.recv(1024) == b"Welcome!"
            server.send_signal(signal.SIGINT)
            output, errors = server.communicate(timeout=60)
            assert (server.returncode, errors) == (0, ""), (server.returncode, errors)
            assert staying.recv(1024) == b""
        lines = output.splitlines()
        accepted = [line for line in lines if re.fullmatch(r"Accept new connection from 127\.0\.0\.1:\d+\.\.\.", line)]
        closed = [line for line in lines if re.fullmatch(r"Connection from 127\.0\.0\.1:\d+ closed\.", line)]
        assert len(accepted) == 6 and len(closed) == 5 and len(lines) == 11, output
    finally:
        server.kill()
        server.wait()

    alone = program("greeting_client", "127.0.0.1", free_port())
    _, errors = alone.communicate(timeout=60)
    assert alone.returncode == 1 and "connection refused" in errors, errors


def test_greetings_between_languages():
    for server_name, client_name in [("greeting_server", "greeting_client.py"), ("greeting_server.py", "greeting_client")]:
        server, port = start_server(server_name)
        try:
            clients = [program(client_name, "127.0.0.1", port) for _ in range(3)]
            for client in clients:
                output, errors = client.communicate(timeout=60)
                assert (client.returncode, errors, output) == (0, "", GREETINGS), (client_name, errors, output)
        finally:
            server.kill()
            server.communicate()


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body = "<p>你好</p>\r\n\r\n".encode() * 5000

    def do_GET(self):
        assert self.headers["Host"] == "localhost" and self.headers["Connection"] == "close"
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


def test_page_fetcher():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server, tempfile.TemporaryDirectory() as directory:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ["page_fetcher", "page_fetcher.py"]:
            fetcher = program(name, "localhost", server.server_address[1], f"{name}.html", cwd=directory)
            output, errors = fetcher.communicate(timeout=60)
            assert (fetcher.returncode, errors) == (0, ""), errors
            assert output.startswith("HTTP/1.1 200 OK\n"), output
            assert "Content-Length: " in output and "<p>" not in output, output
            with open(os.path.join(directory, f"{name}.html"), "rb") as page:
                assert page.read() == Page.body
        server.shutdown()


for name, test in [(name, test) for name, test in globals().items() if name.startswith("test_")]:
    test()
    print(f"{name}: passed", flush=True)
