"""TCP echo servers: ours on posthouse::net, a raw epoll loop, and the same service on other libraries."""
import contextlib
import os
import resource

from programs import CLIENT_CORE, pinned, serving
from table import OURS, Row, at_least, at_most

RAW = "raw epoll"
MANY = 50_000  # idle connections


GOALS = (at_most(1.05, RAW), at_most(1))


def servers(bench):
    """The peers' programs are those of ../shared/bench/libs/tcp; each prints its port as ours does."""
    return {"ours": [bench.binaries / "tcp_echo"], RAW: [bench.binaries / "tcp_raw_epoll"],
            "Asio callbacks": bench.peer("echo_asio", "callback"), "Asio awaitable": bench.peer("echo_asio", "awaitable"),
            "Asio spawn": bench.peer("echo_asio", "spawn"), "libuv": bench.peer("echo_uv"),
            "POCO reactor": bench.peer("echo_poco", "reactor"), "POCO threads": bench.peer("echo_poco", "threads")}


def load(bench, command, *words):
    """What tcp_client prints of a run against a server started for it."""
    with serving(command) as server:
        return bench.loads.run([*pinned(CLIENT_CORE), bench.binaries / "tcp_client", words[0], server.port, server.pid,
                                *words[1:]], server=os.path.basename(command[0]), command=words[0])


def row(bench, title, unit, key, words, goals=(), rounds=7, sides=None):
    figures = bench.in_turn(title, rounds, sides or servers(bench), lambda command: load(bench, command, *words)[key], unit)
    return Row(title, unit, figures.pop("ours"), figures, goals, paired=True)


def plural(count):
    return f"{count:,} connection{'s' if count > 1 else ''}"


def echo(bench):
    """One request under way on each connection."""
    seconds = 0.3 if bench.quick else 1
    rows = []
    for octets in (64, 4096):
        for connections in (1, 64, 1000, 10_000):
            sides = servers(bench)
            if connections > 1000:
                del sides["POCO threads"]  # ten thousand threads
            rows.append(row(bench, f"TCP echo of {octets:,} B, {plural(connections)}: server CPU", "us/request",
                            "server_cpu_us_per_request", ("echo", octets, connections, 1, seconds), GOALS, sides=sides))
    return rows


def pipelined(bench):
    """Many small requests under way on each connection: per second of server CPU, and per second of this run."""
    seconds = 0.3 if bench.quick else 1
    window, connections = 64, 64
    title = f"TCP echo of 64 B, {window} requests under way on each of {plural(connections)}"
    sides, words = servers(bench), ("echo", 64, connections, window, seconds)
    results = bench.in_turn(title, 7, sides, lambda command: load(bench, command, *words), unit=None)
    rows = []
    for key, unit, goals in (("requests_per_cpu_s", "requests per CPU second", (at_least(1),)),
                             ("requests_per_s", "requests/s", ())):
        figures = {name: [one[key] for one in rounds] for name, rounds in results.items()}
        rows.append(Row(title, unit, figures.pop("ours"), figures, goals, paired=True))
    return rows


def reactor(bench):
    """A completion ring with multishot receive and provided buffers, where a readiness loop stands to gain most."""
    sides = {"ours": [bench.binaries / "tcp_echo"], RAW: [bench.binaries / "tcp_raw_epoll"],
             "raw io_uring": bench.peer("echo_uring")}
    seconds = 0.3 if bench.quick else 1
    return [row(bench, f"readiness or completion: echo of 64 B, {plural(connections)}: server CPU", "us/request",
                "server_cpu_us_per_request", ("echo", 64, connections, 1, seconds), sides=sides) for connections in (64, 1000)]


def accept(bench):
    """Connections of one request each, 64 at a time, which the client closes; and which it resets, an error to the server."""
    seconds = 0.3 if bench.quick else 1
    return [row(bench, f"TCP connect, echo of 64 B, {how}: accepted", "connections per CPU second", "requests_per_cpu_s",
                ("accept", 64, seconds, *words), (at_least(0.9, RAW),)) for how, words in (("close", ()), ("reset", ("reset",)))]


def idle(bench):
    """Resident memory of each of many connections that echoed once and wait: MANY, or as many as the limit allows."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100
    if most < MANY:
        bench.say(f"  The limit of open files (only root with CAP_SYS_RESOURCE may raise it) allows {most:,} connections.")
    count = 1000 if bench.quick else min(MANY, most)
    return [row(bench, f"{count:,} idle connections: resident memory of each", "KiB", "resident_kib_per_connection",
                ("idle", count), (at_most(6, OURS),), rounds=1,
                sides={name: side for name, side in servers(bench).items() if name != "POCO threads"})]


def allow_files(wanted):
    """The servers and the client inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, wanted), max(hard, wanted)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def prepared(bench, names):
    allow_files(MANY + 1000)
    yield


MEASURES = {measure.__name__: measure for measure in (echo, pipelined, reactor, accept, idle)}
