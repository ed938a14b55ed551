"""Starts and stops the posthouse binary for whole-system tests: free loopback ports, a data directory of its own."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile

BINARY = os.environ.get("POSTHOUSE_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/posthouse"))
# Sanitizer builds are slower; every wait below is an upper bound, never a pause.
PATIENCE = float(os.environ.get("POSTHOUSE_TEST_PATIENCE", "60"))


def run(*args, stdin=None, check=True):
    """Runs one posthouse command to its end; returns the finished process with text output."""
    done = subprocess.run([BINARY, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=PATIENCE)
    if check and done.returncode != 0:
        raise AssertionError(f"posthouse {' '.join(map(str, args))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Posthouse:
    """One server on one data directory.

        with Posthouse(domain="one.test", users={"ann": "secret"}) as server:
            smtplib.SMTP(*server.address("smtp"))
    """

    def __init__(self, domain="one.test", users=None, listen=("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps"),
                 options=(), data=None, ports=None, database=None):
        self.domain, self.options, self.listen = domain, list(options), list(listen)
        self.owns_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="posthouse-test-"))
        self.place = ["--data", self.data] + (["--database", database] if database else [])
        self.ports = dict(ports or {})       # kind -> port; filled by the first start and kept by restarts
        self.process = None
        self.log_path = self.data.parent / (self.data.name + ".log")
        if domain:
            run("domain", "add", *self.place, domain)
            for user, password in (users or {}).items():
                self.add_account(user, password)

    def add_account(self, user, password):
        run("account", "add", *self.place, f"{user}@{self.domain}", "--password-stdin", stdin=password + "\n")

    def start(self):
        """Starts it and waits for its ready line; the ports it took first are taken again by later starts."""
        command = [BINARY, "serve", *self.place, "--hostname", f"mail.{self.domain}", *self.options]
        for kind in self.listen:
            command += ["--listen", f"{kind}=127.0.0.1:{self.ports.get(kind, 0)}"]
        with open(self.log_path, "ab") as log:
            self.process = self.launch(list(map(str, command)), log)
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if readable else ""
        if not line.startswith("ready "):
            self.kill()
            raise AssertionError(f"the server did not get ready: {line!r}\n{self.log()}")
        for word in line.split()[1:]:
            kind, _, address = word.partition("=")
            self.ports[kind] = int(address.rpartition(":")[2])
        return self

    def launch(self, command, log):
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)

    def address(self, kind):
        return "127.0.0.1", self.ports[kind]

    @property
    def certificate(self):
        """The self-signed certificate it made, for clients to trust."""
        return str(self.data / "tls/cert.pem")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self):
        """Asks it to end and waits; returns its exit status."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=PATIENCE)
        finally:
            self.kill()
        return status

    def kill(self):
        """Ends it at once, as a power cut would end its process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def check(self):
        """Runs `posthouse check` on its data; returns what is wrong as text, empty when nothing is."""
        done = run("check", *self.place, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def queue(self):
        return json.loads(run("queue", "list", "--json", *self.place).stdout or "[]")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            if self.process is not None and kind is None:
                self.stop()
        finally:
            self.kill()
            if self.owns_data and kind is None:
                shutil.rmtree(self.data, ignore_errors=True)
                self.log_path.unlink(missing_ok=True)
