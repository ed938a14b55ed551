#!/usr/bin/env python3
"""Listening sockets that systemd opens (socket activation): a small activator of our own, and systemd's where it is."""
import fcntl
import os
import pathlib
import poplib
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import unittest

from dialogue import Dialogue
from posthouse_server import BINARY, PATIENCE, Posthouse

LETTER = b"From: <sender@elsewhere.test>\r\nSubject: through a given socket\r\n\r\nHello.\r\n"
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def listening(host="127.0.0.1", family=socket.AF_INET):
    return socket.create_server((host, 0), family=family)


def activate(command, sockets, names, **options):
    """Starts `command` as systemd does: `sockets` are its descriptors from 3 on, LISTEN_PID is the process's own."""
    def give():
        high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 100) for one in sockets]
        for index, one in enumerate(high):
            os.dup2(one, 3 + index)
            os.close(one)
    environment = dict(os.environ, LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=":".join(names))
    return subprocess.Popen(["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *map(str, command)], env=environment,
                            preexec_fn=give, close_fds=False, text=True, **options)


class Activated(Posthouse):
    """A server that is given `sockets`, pairs of a name and a listening socket."""

    def __init__(self, sockets, **options):
        super().__init__(**options)
        self.sockets = sockets

    def launch(self, command, log):
        return activate(command, [one for _, one in self.sockets], [name for name, _ in self.sockets],
                        stdout=subprocess.PIPE, stderr=log)


class SocketActivation(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def given(self, host="127.0.0.1", family=socket.AF_INET):
        one = listening(host, family)
        self.addCleanup(one.close)
        return one

    def deliver_and_fetch(self, smtp, pop3):
        with smtplib.SMTP(*smtp, timeout=PATIENCE) as client:
            client.sendmail("sender@elsewhere.test", ["ann@one.test"], LETTER)
        pop = poplib.POP3(*pop3, timeout=PATIENCE)
        pop.user("ann@one.test")
        pop.pass_("secret")
        count = pop.stat()[0]
        got = b"\r\n".join(pop.retr(count)[1]) + b"\r\n"
        pop.quit()
        self.assertTrue(got.endswith(LETTER), got)
        return count

    def test_a_letter_goes_through(self):
        smtp, pop3 = self.given(), self.given()
        with Activated([("smtp", smtp), ("pop3", pop3)], users={"ann": "secret"}, listen=(),
                       options=["--insecure-auth", "--loops", "3"], data=self.folder / "data") as server:
            self.assertEqual(server.ports, {"smtp": smtp.getsockname()[1], "pop3": pop3.getsockname()[1]})
            for expected in range(1, 8):
                self.assertEqual(self.deliver_and_fetch(smtp.getsockname(), pop3.getsockname()), expected)
            server.process.send_signal(signal.SIGHUP)  # the sockets stay what they are
            self.assertEqual(self.deliver_and_fetch(smtp.getsockname(), pop3.getsockname()), 8)

    def test_given_sockets_take_the_place_of_configured_ones_of_their_kind(self):
        smtp = self.given()
        with Activated([("smtp", smtp)], users={"ann": "secret"}, listen=("smtp", "pop3"), options=["--insecure-auth"],
                       data=self.folder / "data") as server:
            self.assertEqual(server.ports["smtp"], smtp.getsockname()[1])
            self.assertEqual(self.deliver_and_fetch(smtp.getsockname(), server.address("pop3")), 1)

    def test_several_sockets_of_one_kind(self):
        sockets = [self.given(), self.given()]
        if socket.has_dualstack_ipv6():
            sockets.append(self.given("::1", socket.AF_INET6))
        with Activated([("smtp", one) for one in sockets], listen=(), data=self.folder / "data"):
            for one in sockets:
                with Dialogue(one.getsockname()[:2], timeout=PATIENCE) as c:
                    self.assertRegex(c.reply(), "^220 ")

    def test_who_comes_between_two_servers_waits(self):
        smtp = self.given()
        server = Activated([("smtp", smtp)], listen=(), data=self.folder / "data")
        server.start()
        self.assertEqual(server.stop(), 0)
        with Dialogue(smtp.getsockname(), timeout=PATIENCE) as c:
            server.start()
            self.assertRegex(c.reply(), "^220 ")
        self.assertEqual(server.stop(), 0)

    def refused(self, sockets, *options):
        command = [BINARY, "serve", "--data", self.folder / "data", *options]
        process = activate(command, [one for _, one in sockets], [name for name, _ in sockets], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        out, words = process.communicate(timeout=PATIENCE)
        self.assertNotIn("ready ", out)
        self.assertIn(process.returncode, (1, 2))
        return words

    def test_a_name_that_is_no_kind(self):
        one = self.given()
        words = self.refused([("posthouse.socket", one)])
        self.assertIn(f"127.0.0.1:{one.getsockname()[1]}", words)
        self.assertIn("named 'posthouse.socket': FileDescriptorName= must say what it is for: smtp, submission", words)

    def test_a_socket_that_does_not_fit(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            self.assertIn("descriptor 3", self.refused([("smtp", udp)]))
        with socket.socket(socket.AF_UNIX) as local:
            local.bind(str(self.folder / "smtp"))
            local.listen()
            self.assertIn("a TCP socket is wanted", self.refused([("smtp", local)]))

    def test_passwords_without_tls_stay_on_this_machine(self):
        self.assertIn("loopback", self.refused([("pop3", self.given("0.0.0.0"))], "--insecure-auth"))

    def test_systemds_own_activator(self):
        activator = shutil.which("systemd-socket-activate")
        if not activator:
            self.skipTest("no systemd-socket-activate (package systemd)")
        ports = []
        for _ in range(2):  # it takes no port 0
            with listening() as free:
                ports.append(free.getsockname()[1])
        server = Posthouse(users={"ann": "secret"}, data=self.folder / "data")
        command = [activator, "--fdname=smtp:pop3", *[f"--listen=127.0.0.1:{port}" for port in ports], BINARY, "serve",
                   "--data", server.data, "--hostname", "mail.one.test", "--insecure-auth"]
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            self.addCleanup(process.kill)
            for _ in ports:  # it says where it listens, and becomes the server at the first connection
                self.assertIn("Listening on", process.stderr.readline())
            self.assertEqual(self.deliver_and_fetch(("127.0.0.1", ports[0]), ("127.0.0.1", ports[1])), 1)
            process.terminate()
            words = process.stderr.read()
        self.assertEqual(process.returncode, 0, words)

    def test_the_units(self):
        analyze = shutil.which("systemd-analyze")
        if not analyze:
            self.skipTest("no systemd-analyze (package systemd)")
        units = list((pathlib.Path(os.environ["POSTHOUSE_BUILD"]) / "packaging").glob("posthouse-*.socket"))
        self.assertEqual(len(units), 8)
        for unit in units:
            shutil.copy(unit, self.folder)
            self.assertIn(f"FileDescriptorName={unit.stem.removeprefix('posthouse-')}\n", unit.read_text())
        # The binary is not installed here: another program stands in for it.
        service = (SOURCE / "packaging/posthouse.service").read_text()
        service = re.sub("^ExecStart=.*$", "ExecStart=/bin/true", service, flags=re.MULTILINE)
        service = re.sub("^Documentation=.*$", "", service, flags=re.MULTILINE)
        (self.folder / "posthouse.service").write_text(service)
        files = [self.folder / "posthouse.service", *[self.folder / unit.name for unit in units]]
        done = subprocess.run([analyze, "verify", "--man=no", *files], capture_output=True, text=True, timeout=PATIENCE)
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "posthouse" in line]
        self.assertEqual(complaints, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
