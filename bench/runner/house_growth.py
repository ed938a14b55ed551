"""The house alone: whether it gets slower as its mail grows. Postfix + Dovecot would take most of an hour for it."""
from house import prepared, stopping_servers
from loads import LoadFailed
from table import OURS, Row, at_least

SMALL = 1024
PARTS = 10       # the messages are delivered so, and to as many mailboxes
AS_FAST = 0.8    # the last part through the first


def growth(bench):
    server = bench.servers[0]
    part = bench.growth_messages // PARTS
    total = part * PARTS
    server.fresh()
    rates = []
    for number in range(1, PARTS + 1):
        result = bench.loads.mailload(server, "smtp", port=server.smtp, messages=part, size=SMALL, connections=16,
                                      users=PARTS)
        rates.append(result["accepted_per_s"])
        bench.say(f"  part {number} of {PARTS}, {part:,} messages: {rates[-1]:,.0f} accepted/s")
    log_ins = []
    for _ in range(1 if bench.quick else 5):
        result = bench.loads.mailload(server, "log-ins", port=server.pop3, connections=1, users=1)
        if result["messages"] != part:
            raise LoadFailed(f"the first mailbox has {result['messages']} messages, not {part}")
        log_ins.append(result["stat_ms"]["max"])
    bench.say(f"  POP3 log-in and STAT of {part:,} messages: " + ", ".join(f"{one:.1f} ms" for one in log_ins))
    title = f"{total:,} messages of 1 KiB over 16 connections"
    return [Row(f"{title}: the first {part:,}", "messages/s", rates[:1]),
            Row(f"{title}: the last {part:,}", "messages/s", rates[-1:]),
            Row(f"{title}: last through first", "x", [rates[-1] / rates[0]], goals=(at_least(AS_FAST, OURS),)),
            Row(f"POP3 log-in and STAT of {part:,} messages", "ms", log_ins)]


MEASURES = {"growth": stopping_servers(growth)}
