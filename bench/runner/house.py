"""The house against Postfix + Dovecot, exactly as docs/performance.md words it."""
import contextlib
import subprocess

import mariadb_server
from servers import USERS, Posthouse, PosthouseOnMariadb, PostfixDovecot
from table import OURS, Row, at_least, at_most

MESSAGE = 4096
LARGE = 1024 * 1024
MAILBOX = 2000   # messages in each mailbox of the fetch measure
FETCHERS = 8     # mailboxes of that measure
WINDOW = 32      # RETR commands under way when pipelined
PEER = PostfixDovecot.label
# How many accounts a measure needs, in a quick and in a whole run; the others need 8.
ACCOUNTS = {"idle": (100, USERS), "recipients": (50, USERS), "storm": (30, 200), "growth": (10, 10),
            "imap_idle": (101, USERS + 1)}


@contextlib.contextmanager
def prepared(bench, _):
    """Gives the bench its .servers, ours and the peer, with the accounts that all the measures need. The other files of the
    table have the same one: whichever comes first makes them."""
    if bench.servers:
        yield
        return
    users = max(ACCOUNTS.get(name, (8, 8))[0 if bench.quick else 1] for name in bench.names)
    bench.servers = [Posthouse(bench.binaries / "posthouse", bench.work, users)]
    bench.say(f"== Making {users} accounts")
    bench.servers[0].prepare()
    if bench.use_peers:
        bench.servers.append(PostfixDovecot(bench.work, users))
    bench.versions += [server.version() for server in bench.servers]
    try:
        yield disk(bench)
    finally:
        stop_servers(bench)


def disk(bench):
    """What the figures depend on beside the processor."""
    file_system = subprocess.run(["stat", "-f", "-c", "%T", bench.work], capture_output=True, text=True).stdout.strip()
    if file_system == "tmpfs":
        bench.say("The file system is in memory, where syncing costs nothing: say --work DIR with a folder on a disk.")
    syncs = bench.loads.run([bench.binaries / "mailload", "disk", "--dir", bench.work], command="disk")["syncs_per_s"]
    return {"file_system": file_system, "fdatasync_4k_per_s": syncs}


def stop_servers(bench):
    for server in bench.servers:
        server.stop()


def alternate(bench, title, rounds, one, fresh=False):
    """Runs one(server) on ours and the peer in turn, round after round; returns {"ours": […], "peer": […]}."""
    results = {"ours": [], "peer": []}
    for number in range(1, rounds + 1):
        for server in bench.servers:
            if fresh:
                server.fresh()
            result, summary = one(server)
            results[server.name].append(result)
            bench.say(f"  {title}, round {number}/{rounds}, {server.label}: {summary}")
            if fresh:
                server.stop()
    return results


def stopping_servers(measure):
    """The measure, after which neither server runs, however it ended."""

    def whole(bench):
        try:
            return measure(bench)
        finally:
            stop_servers(bench)

    return whole


def values(results, key):
    return {side: [one[key] for one in rounds] for side, rounds in results.items()}


def delivered(bench, server, size, connections, count):
    """One load of deliveries: its figures, and in words."""
    result = bench.loads.mailload(server, "smtp", port=server.smtp, messages=count, size=size, connections=connections,
                                  **server.visible())
    return result, (f"{result['accepted_per_s']:,.0f} accepted/s, {result['visible_per_s']:,.0f} visible/s, "
                    f"{result['visible_at_first_look']} of {result['accepted']} visible right after the last 250")


def fault_of(results):
    """Our server must have every message visible right after the last 250."""
    late = sum(one["accepted"] - one["visible_at_first_look"] for one in results)
    return f"{late} messages were not visible at their 250" if late else ""


def durable_rows(bench, title, size, connections, count, goals):
    """Accepted and visible rates of one load."""

    def one(server):
        return delivered(bench, server, size, connections, count)

    results = alternate(bench, title, bench.rounds(3), one, fresh=True)
    fault = fault_of(results["ours"])
    rows = []
    for word, goal in (("accepted", goals[:1]), ("visible", goals[1:])):
        rates = values(results, f"{word}_per_s")
        rows.append(Row(f"{title}: {word}", "messages/s", rates["ours"], {PEER: rates["peer"]}, goal, fault=fault))
    return rows


def durable(bench):
    rows = []
    many, few = (300, 100) if bench.quick else (10000, 3000)
    for connections, count, goals in ((1, few, (at_least(3),)), (16, many, (at_least(10), at_least(20))),
                                      (64, many, (at_least(20), at_least(20)))):
        title = f"4 KiB over {connections} connection{'s' if connections > 1 else ''}"
        rows += durable_rows(bench, title, MESSAGE, connections, count, goals)
    return rows


def large(bench):
    count = 40 if bench.quick else 200
    return durable_rows(bench, "1 MiB over 8 connections", LARGE, 8, count,
                        (at_least(1.5), at_least(1.5)))


def mariadb(bench):
    """Deliveries into a MariaDB server of the run's own, next door and 2 ms away, and whole POP3 sessions from it."""
    folder = bench.work / "house-mariadb"
    with mariadb_server.running(folder):
        rows = []
        near = f"mysql://bench:bench@/bench?unix_socket={folder}/s.sock"
        count = 2000 if bench.quick else 20000
        for connections, goals in ((1, ()), (16, (at_least(8000, OURS),)), (64, ())):
            title = f"MariaDB: 4 KiB over {connections} connection{'s' if connections > 1 else ''}"
            rows.append(mariadb_deliveries(bench, title, folder, near, connections, count if connections > 1 else count // 5,
                                           goals))
        with mariadb_server.further_away(bench.binaries / "delay_relay", folder, 2) as far:
            for connections, goals in ((16, ()), (64, (at_least(2000, OURS),))):
                title = f"MariaDB 2 ms away: 4 KiB over {connections} connections"
                rows.append(mariadb_deliveries(bench, title, folder, far, connections, count // 4, goals))
        return rows + mariadb_pop3(bench, folder, near)


def on_mariadb(bench, folder, url):
    return PosthouseOnMariadb(bench.binaries / "posthouse", bench.work, 8, url, lambda: mariadb_server.empty_database(folder))


def mariadb_deliveries(bench, title, folder, url, connections, count, goals):
    server, results = on_mariadb(bench, folder, url), []
    for number in range(1, bench.rounds(3) + 1):
        try:
            server.fresh()
            result, summary = delivered(bench, server, MESSAGE, connections, count)
        finally:
            server.stop()
        results.append(result)
        bench.say(f"  {title}, round {number}: {summary}")
    return Row(f"{title}: accepted", "messages/s", [one["accepted_per_s"] for one in results], goals=goals,
               fault=fault_of(results))


def mariadb_pop3(bench, folder, url):
    mailbox, server, rows = 250 if bench.quick else MAILBOX, on_mariadb(bench, folder, url), []
    try:
        fill_mailboxes(bench, server, mailbox)
        for sessions, window, goals in ((1, 1, ()), (1, WINDOW, (at_least(40000, OURS),)), (FETCHERS, WINDOW, ())):
            title = (f"MariaDB: POP3 fetch of {mailbox:,} x 4 KiB, {sessions} session{'s' if sessions > 1 else ''}, "
                     f"{'not ' if window == 1 else ''}pipelined")
            rates = []
            for number in range(bench.rounds(5) + 1):  # the first one warms up
                result = bench.loads.mailload(server, "pop3", port=server.pop3, connections=sessions, window=window,
                                              expect=mailbox * sessions)
                rates += [result["messages_per_s"]] if number else []
                bench.say(f"  {title}: {result['messages_per_s']:,.0f} messages/s")
            rows.append(Row(title, "messages/s", rates, goals=goals))
    finally:
        server.stop()
    return rows


def fill_mailboxes(bench, server, mailbox):
    bench.say(f"  filling {FETCHERS} mailboxes with {mailbox} messages each, {server.label}")
    server.fresh()
    bench.loads.mailload(server, "smtp", port=server.fill, lmtp=int(server.fill_is_lmtp), messages=mailbox * FETCHERS,
                         users=FETCHERS, connections=8, **server.visible())


def pop3(bench):
    """Whole sessions: log-in, STAT, LIST, UIDL, RETR of all, QUIT, on mailboxes read once before (warm)."""
    mailbox = 250 if bench.quick else MAILBOX
    for server in bench.servers:
        fill_mailboxes(bench, server, mailbox)
        bench.loads.mailload(server, "pop3", port=server.pop3, connections=FETCHERS, expect=mailbox * FETCHERS)
    rows = []
    for sessions in (1, FETCHERS):
        for window in (1, WINDOW):
            title = (f"POP3 fetch of {mailbox:,} x 4 KiB, {sessions} session{'s' if sessions > 1 else ''}, "
                     f"{'not ' if window == 1 else ''}pipelined")

            def one(server):
                result = bench.loads.mailload(server, "pop3", port=server.pop3, connections=sessions, window=window,
                                              expect=mailbox * sessions)
                return result, f"{result['messages_per_s']:,.0f} messages/s"

            rates = values(alternate(bench, title, bench.rounds(5), one), "messages_per_s")
            rows.append(Row(title, "messages/s", rates["ours"], {PEER: rates["peer"]}, (at_least(2),)))
    return rows


def connect(bench):
    for server in bench.servers:
        server.fresh()
    title = "SMTP connect, EHLO, QUIT, 16 at a time"

    def one(server):
        result = bench.loads.mailload(server, "connrate", port=server.smtp, connections=16, sessions=1000000,
                                      seconds=1 if bench.quick else 4)
        return result, f"{result['sessions_per_s']:,.0f} sessions/s"

    rates = values(alternate(bench, title, bench.rounds(3), one), "sessions_per_s")
    return [Row(title, "sessions/s", rates["ours"], {PEER: rates["peer"]}, (at_least(3),))]


def idle(bench):
    """Memory as PSS of the process tree: of the server just started, and of each connection that is held logged in."""
    connections = 100 if bench.quick else USERS
    title = f"{connections:,} idle logged-in POP3 connections"

    def one(server):
        fresh = bench.loads.mailload(server, "pss")["memory"]["pss_kib"] / 1024
        result = bench.loads.mailload(server, "idle", port=server.pop3, connections=connections)
        each = result["pss_kib_per_connection"]
        return {"fresh": fresh, "each": each}, f"{each:.1f} KiB each, the server before them {fresh:.1f} MiB"

    results = alternate(bench, title, 1, one, fresh=True)
    fresh, each = values(results, "fresh"), values(results, "each")
    return [Row(f"{title}: PSS of each", "KiB", each["ours"], {PEER: each["peer"]}, (at_most(24, OURS),)),
            Row("idle server: PSS", "MiB", fresh["ours"], {PEER: fresh["peer"]}, (at_most(40, OURS),))]


MEASURES = {measure.__name__: stopping_servers(measure) for measure in (durable, large, pop3, connect, idle, mariadb)}
