"""The house against Postfix: a full queue goes to one next hop."""
from house import MESSAGE, PEER, alternate, prepared, stopping_servers, values
from servers import free_ports
from table import OURS, Row, at_least, at_most

SESSIONS = 20  # at most, as many as Postfix has to one host at once


def relay(bench):
    """The next hop is the load client, the same for both. It is silent until the queue is full."""
    letters, domains = (300, 100) if bench.quick else (5000, 1000)
    title = f"relaying {letters:,} queued letters of 4 KiB to {domains:,} domains by one next hop"
    next_hop, = free_ports(1)
    for server in bench.servers:
        server.relays_to(next_hop)

    def one(server):
        result = bench.loads.mailload(server, "relay", **server.hand_in(), messages=letters, size=MESSAGE, connections=16,
                                      domains=domains, sink_port=next_hop)
        return result, (f"{result['relayed_per_s']:,.0f} letters/s in {result['sessions']} sessions, "
                        f"{result['most_sessions_at_once']} at once; taken in before at {result['queued_per_s']:,.0f} letters/s")

    try:
        results = alternate(bench, title, bench.rounds(3), one, fresh=True)
    finally:
        for server in bench.servers:
            server.relays_to(None)
    rates, sessions = values(results, "relayed_per_s"), values(results, "sessions")
    return [Row(title, "letters/s", rates["ours"], {PEER: rates["peer"]}, (at_least(1),)),
            Row(f"{title}: sessions opened", "sessions", sessions["ours"], {PEER: sessions["peer"]},
                (at_most(SESSIONS, OURS),))]


MEASURES = {"relay": stopping_servers(relay)}
