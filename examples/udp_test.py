#!/usr/bin/env python3
"""Runs the programs of the tutorial's chapter 2, ours and their twins in Python: udp_test.py BIN_DIR."""
import os
import re
import signal
import socket
import subprocess
import sys

BIN = sys.argv[1]
PYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python")
GREETINGS = "Hello, Michael!\nHello, Tracy!\nHello, Sarah!\n"


def program(name, *arguments):
    """Starts one of ours, or one in Python when the name ends with .py."""
    command = [sys.executable, os.path.join(PYTHON, name)] if name.endswith(".py") else [os.path.join(BIN, name)]
    return subprocess.Popen(command + list(arguments), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(name, *arguments):
    """Its exit status, what it said, and its errors."""
    process = program(name, *arguments)
    try:
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, output, errors


def udp_socket():
    free = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    free.bind(("127.0.0.1", 0))
    return free


def start_server(name, greeting):
    """A port that was free may be taken a moment later: then another is tried."""
    for _ in range(20):
        with udp_socket() as probe:
            port = probe.getsockname()[1]
        server = program(name, f"127.0.0.1:{port}")
        if server.stdout.readline() == greeting.format(port=port) + "\n":
            return server, f"127.0.0.1:{port}"
        assert "address already in use" in server.communicate()[1].lower()
    raise AssertionError("no free port")


def stop(server):
    server.kill()
    return server.communicate()[0]


def test_greetings():
    for server_name in ("udp_greeting_server", "udp_greeting_server.py"):
        server, address = start_server(server_name, "Bind UDP on {port}...")
        try:
            for client in ("udp_greeting_client", "udp_greeting_client.py", "udp_patient_client", "udp_patient_client.py"):
                assert run(client, address) == (0, GREETINGS, ""), (server_name, client)
            taken = run("udp_greeting_server", address)
            assert taken == (1, "", f"cannot bind UDP to {address}: address already in use\n"), taken
        finally:
            lines = stop(server).splitlines()
        assert len(lines) == 12, lines
        assert all(re.fullmatch(r"Received from 127\.0\.0\.1:\d+\.", line) for line in lines), lines


def test_both_on_one_port():
    for server_name in ("both_greeting_server", "both_greeting_server.py"):
        server, address = start_server(server_name, "Waiting for connections and datagrams...")
        try:
            host, port = address.split(":")
            tcp = [program("greeting_client", host, port), program("greeting_client.py", host, port)]
            assert run("udp_greeting_client", address) == (0, GREETINGS, "")
            for client in tcp:
                output, errors = client.communicate(timeout=60)
                assert (output, errors) == ("Welcome!\n" + GREETINGS, ""), (output, errors)
            server.send_signal(signal.SIGINT)
            output, errors = server.communicate(timeout=60)
            assert (server.returncode, output, errors) == (0, "", ""), (output, errors)
        finally:
            server.kill()


def test_lost_datagrams():
    with udp_socket() as silent:
        address = "127.0.0.1:{}".format(silent.getsockname()[1])
        client = program("udp_patient_client", address)
        assert silent.recvfrom(100)[0] == b"Michael"  # as if lost
        name, peer = silent.recvfrom(100)
        assert name == b"Michael"
        silent.sendto(b"Hello, Michael!", peer)
        for _ in range(3):
            assert silent.recvfrom(100)[0] == b"Tracy"
        output, errors = client.communicate(timeout=60)
    again = "{} was not answered, asking again\n"
    assert output == again.format("Michael") + "Hello, Michael!\n" + again.format("Tracy") * 2, output
    assert (client.returncode, errors) == (1, f"no datagram from {address} came in time\n"), errors


def test_nobody_there():
    with udp_socket() as free:
        address = "127.0.0.1:{}".format(free.getsockname()[1])
    status, _, errors = run("udp_patient_client", address)
    assert (status, errors) == (1, f"cannot receive from {address}: connection refused\n"), errors
    status, _, errors = run("udp_patient_client", "nosuch.invalid:9999")
    assert status == 1 and "nosuch.invalid" in errors, errors


for name, test in [(name, test) for name, test in globals().items() if name.startswith("test_")]:
    test()
    print(f"{name}: passed", flush=True)
