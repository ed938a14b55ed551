"""UDP echo servers: ours on posthouse::net, raw system calls, and the same service on other libraries."""
import os

from programs import CLIENT_CORE, pinned, serving
from table import Row, at_most

WINDOW = 64  # datagrams under way


def load(bench, command, octets):
    with serving(command) as server:
        return bench.loads.run([*pinned(CLIENT_CORE), bench.binaries / "udp_client", server.port, server.pid, octets,
                                WINDOW, 0.3 if bench.quick else 1],
                               server=os.path.basename(command[0]))["server_cpu_us_per_request"]


def rows(bench, what, way, raw, peers=None):
    sides = {"ours": [bench.binaries / "udp_echo", way], raw: [bench.binaries / "udp_raw", way], **(peers or {})}
    result = []
    for octets in (64, 1200):
        title = f"UDP echo of {octets:,} B, {what}: server CPU"
        figures = bench.in_turn(title, 9, sides, lambda command: load(bench, command, octets), "us/datagram")
        result.append(Row(title, "us/datagram", figures.pop("ours"), figures, (at_most(1.05, raw),), paired=True))
    return result


def udp(bench):
    """Up to 64 datagrams are under way; a system call takes as many as there are, or one."""
    peers = {name: bench.peer("udp_server", word) for name, word in
             (("Asio callbacks", "asio"), ("Asio awaitable", "asio_awaitable"), ("libuv", "uv"))}
    return (rows(bench, "in batches", "batch", "raw recvmmsg/sendmmsg") +
            rows(bench, "one by one", "single", "raw recvfrom/sendto", peers))


MEASURES = {"udp": udp}
