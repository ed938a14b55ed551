"""The house against Dovecot: IMAP."""
from house import FETCHERS, MAILBOX, MESSAGE, PEER, alternate, prepared, stopping_servers, values
from servers import USERS
from table import OURS, Row, at_least, at_most

LISTING = "FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)"
TIMES = 6  # that a command is asked; the first one warms up


def mailbox_size(bench):
    return 250 if bench.quick else MAILBOX


def asked(bench, server, command, **options):
    return bench.loads.mailload(server, "imap", port=server.imap, ask=command, **options)


def command_row(bench, title, command, goal, unit="messages/s", **options):
    """A command on a whole mailbox, asked again and again; the median of a round is its figure."""
    size = mailbox_size(bench) if unit == "messages/s" else 1

    def one(server):
        result = asked(bench, server, command, times=TIMES, **options)
        rate = size / result["command_ms"]["p50"] * 1e3
        return {"rate": rate}, f"{rate:,.1f} {unit}"

    rates = values(alternate(bench, title, bench.rounds(5), one), "rate")
    return Row(title, unit, rates["ours"], {PEER: rates["peer"]}, (at_least(goal),))


def filled(bench, server, size):
    server.fresh()
    bench.loads.mailload(server, "smtp", port=server.fill, lmtp=int(server.fill_is_lmtp), messages=size, size=MESSAGE,
                         connections=8, **server.visible())
    asked(bench, server, LISTING, expect=size)


def cold_row(bench, size):
    """The first listing after a restart of the server, whose files the kernel still has in memory."""
    title = f"IMAP, {size:,} x 4 KiB: SELECT and FETCH of envelope and structure right after a restart"

    def one(server):
        server.stop()
        server.start()
        result = asked(bench, server, LISTING, expect=size)
        rate = size / (result["select_ms"] + result["first_ms"]) * 1e3
        return {"rate": rate}, f"{rate:,.0f} messages/s, SELECT took {result['select_ms']:.1f} ms"

    rates = values(alternate(bench, title, bench.rounds(5), one), "rate")
    return Row(title, "messages/s", rates["ours"], {PEER: rates["peer"]}, (at_least(3),))


def imap(bench):
    size = mailbox_size(bench)
    for server in bench.servers:
        filled(bench, server, size)
    title = f"IMAP, {size:,} x 4 KiB:"
    return [command_row(bench, f"{title} FETCH of envelope and structure", LISTING, 2, expect=size),
            command_row(bench, f"{title} FETCH of bodies", "FETCH 1:* BODY.PEEK[]", 2, expect=size),
            command_row(bench, f"{title} STORE of all", "STORE 1:* +FLAGS (\\Flagged)", 0.7,
                        alternate="STORE 1:* -FLAGS (\\Flagged)", expect=size),
            command_row(bench, f"{title} SEARCH SUBJECT", "SEARCH SUBJECT \"number 17\"", 2, unit="searches/s"),
            command_row(bench, f"{title} SEARCH BODY", "SEARCH BODY \"letter400\"", 10, unit="searches/s"),
            cold_row(bench, size)]


def imap_append(bench):
    rows = []
    for connections, count, goal in ((1, 100 if bench.quick else 1000, 2), (16, 300 if bench.quick else 8000, 10)):
        title = f"IMAP APPEND of 4 KiB over {connections} connection{'s' if connections > 1 else ''}"

        def one(server):
            result = bench.loads.mailload(server, "append", port=server.imap, connections=connections, messages=count,
                                          size=MESSAGE)
            return result, f"{result['appends_per_s']:,.0f} a second"

        rates = values(alternate(bench, title, bench.rounds(3), one, fresh=True), "appends_per_s")
        rows.append(Row(title, "messages/s", rates["ours"], {PEER: rates["peer"]}, (at_least(goal),)))
    return rows


def imap_log_ins(bench):
    """Of accounts that have logged in before."""
    title = "IMAP LOGIN and LOGOUT, 16 at a time"
    sessions = 100 if bench.quick else 500
    for server in bench.servers:
        server.fresh()
        bench.loads.mailload(server, "imap-log-ins", port=server.imap, sessions=FETCHERS, users=FETCHERS)

    def one(server):
        result = bench.loads.mailload(server, "imap-log-ins", port=server.imap, sessions=sessions, users=FETCHERS)
        return result, f"{result['log_ins_per_s']:,.0f} log-ins/s"

    rates = values(alternate(bench, title, bench.rounds(3), one), "log_ins_per_s")
    return [Row(title, "log-ins/s", rates["ours"], {PEER: rates["peer"]}, (at_least(10),))]


def imap_idle(bench):
    connections = 100 if bench.quick else USERS
    title = f"{connections:,} IMAP sessions in IDLE: PSS of each"

    def one(server):
        each = bench.loads.mailload(server, "imap-idle", port=server.imap, connections=connections)["pss_kib_per_connection"]
        return {"each": each}, f"{each:.1f} KiB each"

    each = values(alternate(bench, title, 1, one, fresh=True), "each")
    return [Row(title, "KiB", each["ours"], {PEER: each["peer"]}, (at_most(8, OURS),))]


def imap_notice(bench):
    title = "from a letter's 250 to the EXISTS in IDLE, median"
    letters = 50 if bench.quick else 500

    def one(server):
        result = bench.loads.mailload(server, "notice", port=server.imap, smtp_port=server.smtp, messages=letters)
        return {"p50": result["shown_ms"]["p50"]}, f"p50 {result['shown_ms']['p50']:.2f} ms, p99 {result['shown_ms']['p99']:.2f} ms"

    waits = values(alternate(bench, title, bench.rounds(3), one, fresh=True), "p50")
    return [Row(title, "ms", waits["ours"], {PEER: waits["peer"]}, (at_most(1, OURS),))]


MEASURES = {measure.__name__: stopping_servers(measure)
            for measure in (imap, imap_append, imap_log_ins, imap_idle, imap_notice)}
