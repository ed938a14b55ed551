"""The house against Postfix + Dovecot: letters with many recipients."""
from house import MESSAGE, PEER, alternate, prepared, stopping_servers, values
from table import Row, at_least


def load(bench, server, count, letters):
    """Recipients accepted and visible a second. Ours are visible at the 250: each mailbox is looked at after it, and must
    have all its letters by then. The peer's are counted until all are there."""
    looks = server.visible() if server.name == "peer" else {}
    result = bench.loads.mailload(server, "smtp", port=server.smtp, messages=letters, size=MESSAGE, recipients=count,
                                  users=count, **looks)
    seconds = result["seconds"]
    figures = {"accepted": count * letters / seconds, "missing": 0}
    if looks:
        figures["visible"] = count * letters / result["visible_seconds"]
    else:
        found = bench.loads.mailload(server, "log-ins", port=server.pop3, connections=count, users=count, at_once=4)["messages"]
        figures |= {"visible": figures["accepted"], "missing": count * letters - found}
    return figures


def recipients(bench):
    rows = []
    for count, letters in ((20, 5), (50, 2)) if bench.quick else ((50, 40), (1000, 5)):
        title = f"{letters} letters to {count:,} recipients each"

        def one(server):
            figures = load(bench, server, count, letters)
            return figures, f"{figures['accepted']:,.0f} accepted/s, {figures['visible']:,.0f} visible/s"

        results = alternate(bench, title, bench.rounds(3), one, fresh=True)
        missing = sum(one["missing"] for one in results["ours"])
        fault = f"{missing} copies were not visible at their 250" if missing else ""
        for word, goal in (("accepted", ()), ("visible", (at_least(20),))):
            rates = values(results, word)
            rows.append(Row(f"{title}: {word}", "recipients/s", rates["ours"], {PEER: rates["peer"]}, goal, fault=fault))
    return rows


MEASURES = {"recipients": stopping_servers(recipients)}
