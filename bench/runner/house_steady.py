"""The house against Postfix: how long a 250 takes under a steady load."""
from house import MESSAGE, PEER, alternate, prepared, stopping_servers
from table import Row, at_most

RATE = 200         # letters a second
REACHED = 0.98     # of it, or the server was not up to the load
CONNECTIONS = 16


def steady(bench):
    seconds = 3 if bench.quick else 60
    title = f"{RATE} letters of 4 KiB a second for {seconds} s over {CONNECTIONS} connections"

    def one(server):
        result = bench.loads.mailload(server, "steady", port=server.smtp, rate=RATE, seconds=seconds,
                                      connections=CONNECTIONS, size=MESSAGE)
        waits = result["from_dot_ms"]
        return result, (f"{result['rate_per_s']:,.0f}/s; from the final dot to the 250 p50 {waits['p50']:.1f} ms, "
                        f"p99 {waits['p99']:.1f} ms, at most {waits['max']:.1f} ms")

    results = alternate(bench, title, 1, one, fresh=True)
    reached = min(one["rate_per_s"] for one in results["ours"])
    fault = f"only {reached:.0f} letters a second were taken" if reached < RATE * REACHED else ""
    rows = []
    for quantile, word, goal in (("p50", "p50", (at_most(1),)), ("p99", "p99", (at_most(1),)), ("max", "longest", ())):
        waits = {side: [one["from_dot_ms"][quantile] for one in rounds] for side, rounds in results.items()}
        rows.append(Row(f"{title}: final dot to 250, {word}", "ms", waits["ours"], {PEER: waits["peer"]}, goal, fault=fault))
    return rows


MEASURES = {"steady": stopping_servers(steady)}
