"""The ORM: users with three books each, written and loaded, against hand-written C on SQLite and SQLAlchemy."""
from sql import fresh, run_program
from table import OURS, Row, at_most

RAW, ALCHEMY = "C API", "SQLAlchemy"
PER_USER = (  # measure, its name in the programs, of the C API's CPU time at most, of SQLAlchemy's at most
    ("inserted in one transaction", "bulk_insert", 1.3, None),
    ("loaded with their books, two statements", "load_eager_two_selects", 1.5, 40),
    ("loaded with their books, one statement", "load_eager_join", 1.5, 40),
    ("each one's books loaded when looked at", "load_lazy", None, None),
    ("read by key", "get_by_id", None, None))


def orm(bench):
    file = bench.work / "orm.db"
    users = 5_000 if bench.quick else 100_000
    environment = {"ORM_USERS": str(users), "ORM_LAZY": str(users // 5), "ORM_RUNS": "1"}
    script = bench.peers.resolve().parents[3] / "shared/bench/libs/orm/orm_sqlalchemy.py" if bench.peers else None
    alchemy = ["/usr/bin/python3", script, file] if script is not None and script.exists() else None
    sides = {"ours": [bench.binaries / "orm_objects", file], RAW: bench.peer("orm_raw", file), ALCHEMY: alchemy}
    wrapped = {name: fresh(file, command) for name, command in sides.items()}
    results = bench.in_turn("users with three books each", 3, wrapped, lambda command: run_program(command, environment))
    rows = []
    for name, what, raw, alchemist in PER_USER:
        figures = {side: [one[what]["cpu_us"] for one in rounds] for side, rounds in results.items()}
        goals = [at_most(raw, RAW)] if raw else []
        goals += [at_most(round(1 / alchemist, 4), ALCHEMY)] if alchemist else []
        rows.append(Row(f"users {name}", "us CPU/user", figures.pop("ours"), figures, tuple(goals), paired=True))
    own = lambda what, scale: [one[what]["cpu_us"] * scale for one in results["ours"]]
    return rows + [
        Row("an object found in the session", "ns CPU", own("get_known", 1000), {}, (at_most(100, OURS),)),
        Row("memory of a loaded user beyond its struct", "octets", own("memory_beyond_struct", 1), {},
            (at_most(64, OURS),))]


MEASURES = {"orm": orm}
