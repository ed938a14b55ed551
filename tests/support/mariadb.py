"""A MariaDB server of a test's own: Debian's mariadbd on a fresh directory, reached by a Unix socket only."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

from posthouse_server import PATIENCE

SERVER, INSTALL = shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), shutil.which("mariadb-install-db", path="/usr/bin")


def available():
    return SERVER is not None and INSTALL is not None


class MariaDB:
    """As root it runs under the user nobody. `sync` makes its commits wait for the disk.

    Its folder for temporary tables is its own: a server that starts removes those it finds.
    """

    def __init__(self, sync=False):
        memory = not sync and os.access("/dev/shm", os.W_OK)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-mariadb-", dir="/dev/shm" if memory else None))
        self.socket, self.databases, self.process = self.folder / "s.sock", 0, None
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.flush = "O_DIRECT" if sync else "nosync"
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.run(INSTALL, "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.folder}", "--skip-test-db",
                 "--auth-root-authentication-method=normal", "--skip-name-resolve").wait()

    def run(self, *command):
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, **who)

    def start(self):
        """Starts it on the data it has and waits until it answers."""
        self.socket.unlink(missing_ok=True)
        self.process = self.run(
            SERVER, "--no-defaults", f"--datadir={self.folder}/data", f"--tmpdir={self.folder}", f"--socket={self.socket}",
            f"--pid-file={self.folder}/pid",
            "--skip-networking", "--skip-name-resolve", f"--innodb-flush-method={self.flush}", "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M", "--performance-schema=OFF")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.socket)) == 0:
                    return self
            time.sleep(0.02)
        raise AssertionError("mariadbd does not answer:\n" + (self.folder / "log").read_text(errors="replace")[-3000:])

    def new_database(self):
        """The URL of an empty database."""
        self.databases += 1
        name = f"house{self.databases}"
        subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e", f"CREATE DATABASE {name}"],
                       check=True, timeout=PATIENCE)
        return f"mysql://root@/{name}?unix_socket={self.socket}"

    def kill(self):
        """Ends it at once, as a power cut would end its process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
