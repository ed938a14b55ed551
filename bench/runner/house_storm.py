"""The house against Dovecot: everybody logs in at once."""
from house import PEER, alternate, prepared, stopping_servers, values
from table import Row, at_least, at_most


def storm(bench):
    """On servers just started, so that no password is remembered yet. Dovecot has the very hashes that ours has."""
    log_ins, accounts = (60, 30) if bench.quick else (1000, 200)
    title = f"{log_ins:,} POP3 log-ins at once of {accounts} accounts"

    def one(server):
        result = bench.loads.mailload(server, "log-ins", port=server.pop3, connections=log_ins, users=accounts)
        waits = result["log_in_ms"]
        return ({"rate": result["log_ins_per_s"], "slowest": waits["max"] / 1e3, "failed": result["failed"]},
                f"{result['log_ins_per_s']:,.0f} log-ins/s, p50 {waits['p50']:,.0f} ms, slowest {waits['max']:,.0f} ms, "
                f"{result['failed']} failed {result['first_failure']}")

    peers = bench.servers[1:]
    for peer in peers:
        peer.knows_passwords_as(bench.servers[0].password_hashes())
    try:
        results = alternate(bench, title, bench.rounds(3), one, fresh=True)
    finally:
        for peer in peers:
            peer.knows_passwords_as({})
    failed = sum(one["failed"] for one in results["ours"])
    fault = f"{failed} log-ins failed" if failed else ""
    rates, slowest = values(results, "rate"), values(results, "slowest")
    return [Row(title, "log-ins/s", rates["ours"], {PEER: rates["peer"]}, (at_least(1),), fault=fault),
            Row(f"{title}: slowest", "s", slowest["ours"], {PEER: slowest["peer"]}, (at_most(1),), fault=fault)]


MEASURES = {"storm": stopping_servers(storm)}
