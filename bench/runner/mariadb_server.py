"""A MariaDB server of a run's own, next door or further away."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

from servers import StartFailed


def empty_database(folder: pathlib.Path):
    """Empties the database bench of the server in `folder`."""
    subprocess.run(["mariadb", "--no-defaults", "-S", folder / "s.sock", "-u", "root", "-e",
                    "drop database if exists bench; create database bench character set utf8mb4"], check=True)


@contextlib.contextmanager
def further_away(relay: pathlib.Path, folder: pathlib.Path, milliseconds):
    """The URL of the database bench of the server in `folder`, to which a round trip takes so much longer."""
    process = subprocess.Popen([relay, folder / "s.sock", str(int(milliseconds * 500))], stdout=subprocess.PIPE, text=True)
    try:
        port = process.stdout.readline().split()[1]
        yield f"mysql://bench:bench@127.0.0.1:{port}/bench"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def running(folder: pathlib.Path):
    """A MariaDB server of our own on a socket in `folder`."""
    folder.mkdir()
    folder.chmod(0o755)
    user = ["--user=mysql"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "mysql")
    log = open(folder / "log", "w", encoding="utf-8")  # pylint: disable=consider-using-with
    install = subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}", *user,
                              "--skip-test-db", "--auth-root-authentication-method=normal"], stdout=log, stderr=log, check=False)
    if install.returncode != 0:
        raise StartFailed(f"mariadb-install-db failed, see {folder}/log")
    server = subprocess.Popen(["mariadbd", "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}",
                               f"--socket={folder}/s.sock", f"--pid-file={folder}/pid", *user,
                               "--skip-networking", "--skip-name-resolve",
                               "--innodb-buffer-pool-size=512M", "--innodb-log-file-size=256M"], stdout=log, stderr=log)
    try:
        for _ in range(400):
            if (folder / "s.sock").exists():
                break
            if server.poll() is not None:
                raise StartFailed("mariadbd ended")
            time.sleep(0.05)
        subprocess.run(["mariadb", "--no-defaults", "-S", folder / "s.sock", "-u", "root", "-e",
                        "create database bench character set utf8mb4; create user bench@localhost identified by 'bench';"
                        " grant all on bench.* to bench@localhost"], check=True)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
        log.close()
