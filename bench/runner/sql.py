"""SQL libraries: rows of five columns inserted, selected by key and read, on SQLite and MariaDB."""
import json
import os
import subprocess

import mariadb_server
from loads import LoadFailed
from table import Row, at_least, at_most

RAW, BULK = "C API", "C API, array binding"


def run_program(command, environment):
    """What one program prints: measure → its figures."""
    done = subprocess.run(list(map(str, command)), env={**os.environ, **environment}, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise LoadFailed(f"{command[0]} ended with status {done.returncode}: {done.stderr[-500:]}")
    return {figures["what"]: figures for figures in map(json.loads, done.stdout.splitlines())}


def client(command, bench, gets):
    return run_program(command, {"SQL_ROWS": "10000" if bench.quick else "100000", "SQL_GETS": str(gets), "SQL_RUNS": "1"})


def rows_of(bench, title, sides, gets, measures):
    results = bench.in_turn(title, 5, sides, lambda command: client(command, bench, gets))
    rows = []
    for name, what, key, unit, goals in measures:
        figures = {}
        for side, rounds in results.items():
            # The bulk peer inserts, in bulk, and calls that as the others call their inserts.
            asked = {"insert_bulk": "insert_tx", "insert_tx": None}.get(what) if side == BULK else what
            known = [one.get(asked) for one in rounds]
            if all(known):
                figures[side] = [one[key] for one in known]
        rows.append(Row(f"{title}: {name}", unit, figures.pop("ours"), figures, goals, paired=True))
    return rows


def fresh(path, command):
    """A command that begins with the file gone; two of the same command share nothing."""
    return None if command is None else ["sh", "-c", 'rm -f "$0" "$0"-wal "$0"-shm; exec "$@"', path, *command]


def sqlite(bench):
    file = bench.work / "bench.db"
    url = f"sqlite:///{file}"
    ours = bench.binaries / "sql_rows"
    near = (at_most(1.08, RAW), at_most(1))
    peers = {"SQLiteCpp": bench.peer("sqlitecpp", file, "FULL"), "SOCI": bench.peer("soci_bench", "sqlite", file, "FULL"),
             "POCO::Data": bench.peer("poco_bench", "sqlite", file, "FULL")}
    sides = {"ours": [ours, url], RAW: bench.peer("raw_sqlite", file, "FULL"), **peers}
    gets = 10_000 if bench.quick else 100_000
    wrapped = {name: fresh(file, command) for name, command in sides.items()}
    rows = rows_of(bench, "SQLite", wrapped, gets, [
        ("insert in one transaction", "insert_tx", "cpu_us", "us CPU/row", near),
        ("select by key", "select_pk", "cpu_us", "us CPU/row", near),
        ("read all", "select_all", "cpu_us", "us CPU/row", near)])
    held = {"ours": fresh(file, [ours, url, "tx"]), RAW: fresh(file, bench.peer("raw_sqlite", file, "FULL", "tx"))}
    return rows + rows_of(bench, "SQLite, one read transaction", held, gets, [
        ("select by key", "select_pk", "cpu_us", "us CPU/row", (at_most(1.08, RAW),))])


def mariadb(bench):
    socket = bench.work / "mariadb/s.sock"
    with mariadb_server.running(bench.work / "mariadb"):
        url = f"mysql://bench:bench@/bench?unix_socket={socket}"
        words = (socket, "bench", "bench")
        near = (at_most(1.08, RAW), at_most(1))
        sides = {"ours": [bench.binaries / "sql_rows", url], RAW: bench.peer("raw_mariadb", *words, "prepared"),
                 BULK: bench.peer("raw_mariadb", *words, "bulk"), "SOCI": bench.peer("soci_bench", "mariadb", *words),
                 "POCO::Data": bench.peer("poco_bench", "mariadb", *words)}
        return rows_of(bench, "MariaDB", sides, 2_000 if bench.quick else 20_000, [
            ("insert in one transaction", "insert_tx", "cpu_us", "us client CPU/row", near),
            ("insert in bulk", "insert_bulk", "ops_s", "rows/s", (at_least(0.9, BULK),)),
            ("select by key", "select_pk", "cpu_us", "us client CPU/row", near),
            ("read all", "select_all", "cpu_us", "us client CPU/row", near)])


MEASURES = {measure.__name__: measure for measure in (sqlite, mariadb)}
