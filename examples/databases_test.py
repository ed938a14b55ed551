#!/usr/bin/env python3
"""Runs the programs of chapter 6 and the recipes of the cookbook, on SQLite and, where it is installed, a MariaDB
server of this test's own."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

binaries = pathlib.Path(sys.argv[1])
python = pathlib.Path(__file__).parent / "python"
DATABASE = "rowcount = 1\n1 Michael 🏣 驿站\n"
OBJECTS = ("name: Bob\nbook: The Post House\nbook: 驿站\nschool: School of Post\ncalled Bob: 2\n"
           "one() of Nobody: no_row\none() of Bob: too_many_rows\n")
QUESTIONS = ("Ann has 2, 420 pages\na thick one: Ann\nThe Post House of Ann\nLetters of Ann\nabove 100 pages: 2\n"
             "books now: 2\nand again: 2, Ann\n")

COOKBOOK = (pathlib.Path(__file__).parent / "cookbook/output.txt").read_text(encoding="utf-8")


def run(command, cwd, status=0):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, f"{command}: status {done.returncode}: {done.stderr}"
    return done.stdout if status == 0 else done.stderr


@contextlib.contextmanager
def mariadb(folder):
    """The URL of a database on a server that lives as long as the block."""
    folder.mkdir()
    user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        folder.parent.chmod(0o755)
        user = ["--user=nobody"]
    with open(folder.parent / "log", "w", encoding="utf-8") as log:
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}", *user,
                        "--skip-test-db", "--auth-root-authentication-method=normal"], stdout=log, stderr=log, check=True)
        server = subprocess.Popen(["mariadbd", "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}",
                                   f"--socket={folder}/s.sock", f"--pid-file={folder}/pid", *user,
                                   "--skip-networking", "--innodb-buffer-pool-size=64M",
                                   "--innodb-flush-method=nosync", "--innodb-log-file-size=32M"], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not (folder / "s.sock").exists() and time.monotonic() < deadline:
                assert server.poll() is None, "mariadbd ended"
                time.sleep(0.02)
            subprocess.run(["mariadb", "--no-defaults", "-S", folder / "s.sock", "-u", "root", "-e",
                            "create database test character set utf8mb4"], check=True)
            yield f"mysql://root@/test?unix_socket={folder}/s.sock"
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait()


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    assert run([binaries / "database"], work) == DATABASE
    assert "UNIQUE constraint failed" in run([binaries / "database"], work, status=1), "the row is there already"
    assert run([sys.executable, python / "database.py", "python.db"], work) == DATABASE
    assert "UNIQUE constraint failed" in run([binaries / "database", "sqlite:///python.db"], work, status=1)
    assert run([binaries / "objects"], work) == OBJECTS
    assert run([binaries / "objects", "sqlite:///objects.db"], work) == OBJECTS
    assert run([binaries / "questions"], work) == QUESTIONS
    assert run([binaries / "cookbook"], work) == COOKBOOK
    # Debian's package is for Debian's Python, which need not be the one that runs this.
    for interpreter in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([interpreter, "-c", "import sqlalchemy"], capture_output=True, check=False).returncode == 0:
            assert run([interpreter, python / "objects.py"], work) == OBJECTS
            break
    else:
        print("skipped: SQLAlchemy is not installed, so objects.py was not run")
    if shutil.which("mariadbd") and shutil.which("mariadb-install-db"):
        with mariadb(work / "mariadb") as url:
            assert run([binaries / "database", url], work) == DATABASE
        with mariadb(work / "mariadb2") as url:
            assert run([binaries / "objects", url], work) == OBJECTS
            assert run([binaries / "questions", url], work) == QUESTIONS
        with mariadb(work / "mariadb3") as url:
            assert run([binaries / "cookbook", url], work) == COOKBOOK
    else:
        print("skipped: mariadb-server is not installed")
print("the programs of chapter 6 and the cookbook do what is said of them")
