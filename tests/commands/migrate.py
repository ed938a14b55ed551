#!/usr/bin/env python3
"""posthouse-migrate as people run it: files made, applied, killed in the middle, undone; its man page, its completion."""
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

binary = pathlib.Path(sys.argv[1]).resolve()
root = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments, status=0, **environment):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **environment})
    assert done.returncode == status, f"{arguments}: status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def tables(file):
    with sqlite3.connect(file) as db:
        return sorted(name for name, in db.execute("select name from sqlite_master where type = 'table'"))


def life(work):
    folder, file = work / "migrations", work / "shop.db"
    url = {"DATABASE_URL": f"sqlite:///{file}"}
    assert run("new", "create users", "--dir", folder).strip() == str(folder / "0001_create_users.up.sql")
    (folder / "0001_create_users.up.sql").write_text("create table user (id integer primary key, name text);")
    (folder / "0001_create_users.down.sql").write_text("drop table user;")
    assert "pending  create users" in run("status", "--dir", folder, **url)
    run("status", "--check", "--dir", folder, status=3, **url)
    assert run("up", "--dir", folder, **url) == "applying 1  create users\n"
    assert tables(file) == ["orm_migration", "user"]
    # The URL on the command line wins over the environment's.
    assert "nothing to do" in run("up", "--dir", folder, "--database", f"sqlite:///{file}", DATABASE_URL="nonsense")
    assert run("down", "--dir", folder, **url) == "undoing 1  create users\n"
    assert tables(file) == ["orm_migration"]
    assert "unknown kind of database" in run("up", "--dir", folder, "--database", "oracle://x", status=1)
    run("sideways", status=2)


def killed(work):
    """A migration that is killed while it runs leaves nothing, and is done by the next run."""
    folder, file = work / "killed", work / "killed.db"
    folder.mkdir()
    (folder / "0001_long.up.sql").write_text(
        "create table early (n integer);\n"
        "insert into early with recursive c(n) as (select 1 union all select n + 1 from c where n < 100000000) select n from c;")
    options = ["--dir", folder, "--database", f"sqlite:///{file}"]
    with subprocess.Popen([binary, "up", *options], stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout.readline() == "applying 1  long\n"
        journal = file.with_name(file.name + "-journal")
        deadline = time.monotonic() + 30
        while not journal.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert journal.exists(), "it has begun to write"
        runner.send_signal(signal.SIGKILL)
    assert tables(file) == []
    (folder / "0001_long.up.sql").write_text("create table early (n integer);")
    run("up", *options)
    assert tables(file) == ["early", "orm_migration"]


def pages(work):
    page = (root / "docs/man/posthouse-migrate.1").read_text()
    text = run("--help")
    for word in re.findall(r"^  ([a-z-]+) ", text[text.index("Subcommands:"):], re.M) + re.findall(r"--([a-z]+)", text):
        assert word in page or word in ("help", "version"), f"the man page does not tell of {word}"
    if shutil.which("mandoc"):
        subprocess.run(["mandoc", "-T", "lint", "-W", "error", root / "docs/man/posthouse-migrate.1"], check=True)
    script = f"""source {root}/packaging/completion/posthouse-migrate.bash
COMP_WORDS=({binary} s) COMP_CWORD=1; _posthouse_migrate; echo "${{COMPREPLY[@]}}"
COMP_WORDS=({binary} up --da) COMP_CWORD=2; _posthouse_migrate; echo "${{COMPREPLY[@]}}"
COMP_WORDS=({binary} up --database m) COMP_CWORD=3; _posthouse_migrate; echo "${{COMPREPLY[@]}}"
"""
    offered = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=work).stdout
    assert offered == "status sql skip-step\n--database\nmysql://\n", offered


with tempfile.TemporaryDirectory() as name:
    for test in (life, killed, pages):
        test(pathlib.Path(name))
print("posthouse-migrate does what its page says")
