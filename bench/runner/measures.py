"""What is measured, exactly as docs/performance.md words it. Each measure returns rows and is run by name."""
from servers import USERS
from table import Goal, Row

MESSAGE = 4096
LARGE = 1024 * 1024
MAILBOX = 2000   # messages in each mailbox of the fetch measure
FETCHERS = 8     # mailboxes of that measure
WINDOW = 32      # RETR commands under way when pipelined


class Bench:
    """What every measure works with: the servers, the loads, how many rounds, and where to say how far it is."""

    def __init__(self, ours, peer, loads, echo, quick, say):
        self.ours, self.peer, self.loads, self.echo, self.quick, self.say = ours, peer, loads, echo, quick, say

    def sides(self):
        return [server for server in (self.ours, self.peer) if server]

    def rounds(self, usual):
        return 1 if self.quick else usual

    def alternate(self, title, rounds, one, fresh=False):
        """Runs one(server) on ours and the peer in turn, round after round; returns {"ours": […], "peer": […]}."""
        results = {"ours": [], "peer": []}
        for number in range(1, rounds + 1):
            for server in self.sides():
                if fresh:
                    server.fresh()
                result, summary = one(server)
                results[server.name].append(result)
                self.say(f"  {title}, round {number}/{rounds}, {server.label}: {summary}")
                if fresh:
                    server.stop()
        return results


def values(results, key):
    return {side: [one[key] for one in rounds] for side, rounds in results.items()}


def durable_rows(bench, title, size, connections, counts, goals):
    """Accepted and visible rates of one load. Our server must have every message visible right after the last 250."""

    def one(server):
        result = bench.loads.mailload(server, "smtp", port=server.smtp, messages=counts[server.name], size=size,
                                      connections=connections, **server.visible())
        return result, (f"{result['accepted_per_s']:,.0f} accepted/s, {result['visible_per_s']:,.0f} visible/s, "
                        f"{result['visible_at_first_look']} of {result['accepted']} visible right after the last 250")

    results = bench.alternate(title, bench.rounds(3), one, fresh=True)
    late = sum(one["accepted"] - one["visible_at_first_look"] for one in results["ours"])
    fault = f"{late} messages were not visible at their 250" if late else ""
    rows = []
    for word, goal in (("accepted", goals[0]), ("visible", goals[1])):
        rates = values(results, f"{word}_per_s")
        rows.append(Row(f"{title}: {word}", "messages/s", rates["ours"], rates["peer"], goal, fault=fault))
    return rows


def at_least(bound):
    return Goal("at least", bound)


def durable(bench):
    rows = []
    many, few = ({"ours": 2000, "peer": 300}, {"ours": 1000, "peer": 200}) if bench.quick else (
        {"ours": 20000, "peer": 2000}, {"ours": 6000, "peer": 1500})
    for connections, counts, goals in ((1, few, (at_least(3), None)), (16, many, (at_least(8), at_least(15))),
                                       (64, many, (at_least(8), at_least(15)))):
        title = f"4 KiB over {connections} connection{'s' if connections > 1 else ''}"
        rows += durable_rows(bench, title, MESSAGE, connections, counts, goals)
    return rows


def large(bench):
    count = 40 if bench.quick else 200
    return durable_rows(bench, "1 MiB over 8 connections", LARGE, 8, {"ours": count, "peer": count},
                        (at_least(1.5), at_least(1.5)))


def pop3(bench):
    """Whole sessions: log-in, STAT, LIST, UIDL, RETR of all, QUIT, on mailboxes read once before (warm)."""
    mailbox = 250 if bench.quick else MAILBOX
    for server in bench.sides():
        bench.say(f"  filling {FETCHERS} mailboxes with {mailbox} messages each, {server.label}")
        server.fresh()
        bench.loads.mailload(server, "smtp", port=server.fill, lmtp=int(server.fill_is_lmtp), messages=mailbox * FETCHERS,
                             users=FETCHERS, connections=8, **server.visible())
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

            rates = values(bench.alternate(title, bench.rounds(5), one), "messages_per_s")
            rows.append(Row(title, "messages/s", rates["ours"], rates["peer"], at_least(1)))
    for server in bench.sides():
        server.stop()
    return rows


def connect(bench):
    for server in bench.sides():
        server.fresh()
    title = "SMTP connect, EHLO, QUIT, 16 at a time"

    def one(server):
        result = bench.loads.mailload(server, "connrate", port=server.smtp, connections=16, sessions=1000000,
                                      seconds=1 if bench.quick else 4)
        return result, f"{result['sessions_per_s']:,.0f} sessions/s"

    rates = values(bench.alternate(title, bench.rounds(3), one), "sessions_per_s")
    for server in bench.sides():
        server.stop()
    return [Row(title, "sessions/s", rates["ours"], rates["peer"], at_least(2))]


def idle(bench):
    """Memory as PSS of the process tree: of the server just started, and of each connection that is held logged in."""
    connections = 100 if bench.quick else USERS
    title = f"{connections:,} idle logged-in POP3 connections"

    def one(server):
        fresh = bench.loads.mailload(server, "pss")["memory"]["pss_kib"] / 1024
        result = bench.loads.mailload(server, "idle", port=server.pop3, connections=connections)
        each = result["pss_kib_per_connection"]
        return {"fresh": fresh, "each": each}, f"{each:.1f} KiB each, the server before them {fresh:.1f} MiB"

    results = bench.alternate(title, 1, one, fresh=True)
    fresh, each = values(results, "fresh"), values(results, "each")
    return [Row(f"{title}: PSS of each", "KiB", each["ours"], each["peer"], Goal("at most", 24, of_ours=True)),
            Row("idle server: PSS", "MiB", fresh["ours"], fresh["peer"], Goal("at most", 40, of_ours=True))]


def echo(bench):
    """Our echo program against the raw epoll one: server CPU time per request, each pair of runs side by side."""
    rows = []
    for connections in (64, 1000):
        title = f"TCP echo of 64 B, {connections:,} connections: server CPU"
        ours, raw = [], []
        rounds = bench.rounds(7)
        for number in range(1, rounds + 1):
            ours.append(bench.echo("tcp_echo", connections, 1 if bench.quick else 2))
            raw.append(bench.echo("tcp_raw_epoll", connections, 1 if bench.quick else 2))
            bench.say(f"  {title}, round {number}/{rounds}: ours {ours[-1]:.2f}, raw epoll {raw[-1]:.2f} us a request")
        rows.append(Row(f"{title} (peer: raw epoll)", "us/request", ours, raw, Goal("at most", 1.15), paired=True))
    return rows


ALL = {"durable": durable, "large": large, "pop3": pop3, "connect": connect, "idle": idle, "echo": echo}
