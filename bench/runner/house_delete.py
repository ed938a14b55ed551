"""The house against Postfix + Dovecot: a large mailbox is deleted while mail comes."""
from house import MESSAGE, PEER, alternate, prepared, stopping_servers, values
from table import OURS, Row, at_most

RATE = 100        # letters a second that come meanwhile
LONGEST = 100     # milliseconds that one of ours may wait for its 250


def delete(bench):
    messages = 1000 if bench.quick else 10000
    title = f"POP3 deletion of {messages:,} x 4 KiB"

    def one(server):
        bench.loads.mailload(server, "smtp", port=server.fill, lmtp=int(server.fill_is_lmtp), messages=messages, size=MESSAGE,
                             connections=8, **server.visible())
        result = bench.loads.mailload(server, "delete", port=server.pop3, smtp_port=server.smtp, messages=messages,
                                      rate=RATE, size=MESSAGE)
        figures = {"quit": result["quit_ms"], "slowest": result["from_dot_ms"]["max"]}
        return figures, (f"QUIT took {figures['quit']:,.1f} ms after {result['dele_seconds']:.2f} s of DELE; the slowest 250 of "
                         f"{result['letters']} others meanwhile {figures['slowest']:,.1f} ms")

    results = alternate(bench, title, bench.rounds(3), one, fresh=True)
    quits, slowest = values(results, "quit"), values(results, "slowest")
    return [Row(f"{title}: QUIT", "ms", quits["ours"], {PEER: quits["peer"]}, (at_most(1),)),
            Row(f"{title}: slowest 250 of another sender meanwhile", "ms", slowest["ours"], {PEER: slowest["peer"]},
                (at_most(LONGEST, OURS),))]


MEASURES = {"delete": stopping_servers(delete)}
