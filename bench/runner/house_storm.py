"""The house against Dovecot: everybody logs in at once."""
from house import PEER, alternate, prepared, stopping_servers
from table import Row, at_least, at_most


def storm(bench):
    """On servers just started, so that no password is remembered yet. Dovecot has the very hashes that ours has."""
    log_ins, accounts = (100, 50) if bench.quick else (1000, 200)
    title = f"{log_ins:,} POP3 log-ins at once of {accounts} accounts"

    def one(server):
        result = bench.loads.mailload(server, "log-ins", port=server.pop3, connections=log_ins, users=accounts)
        waits = result["log_in_ms"]
        return ({"rate": result["log_ins_per_s"], "slowest": waits["max"] / 1e3},
                f"{result['log_ins_per_s']:,.0f} log-ins/s, p50 {waits['p50']:,.0f} ms, slowest {waits['max']:,.0f} ms")

    peers = bench.servers[1:]
    for peer in peers:
        peer.knows_passwords_as(bench.servers[0].password_hashes())
    try:
        results = alternate(bench, title, bench.rounds(3), one, fresh=True)
    finally:
        for peer in peers:
            peer.knows_passwords_as({})
    rates, slowest = ({side: [one[key] for one in rounds] for side, rounds in results.items()} for key in ("rate", "slowest"))
    return [Row(title, "log-ins/s", rates["ours"], {PEER: rates["peer"]}, (at_least(1),)),
            Row(f"{title}: slowest", "s", slowest["ours"], {PEER: slowest["peer"]}, (at_most(1),))]


MEASURES = {"storm": stopping_servers(storm)}
