"""TLS servers: ours on posthouse::net, and OpenSSL on a blocking socket, one connection after the other."""
import contextlib
import subprocess

from loads import LoadFailed
from programs import CLIENT_CORE, pinned, serving
from table import OURS, Row, at_least

RAW = "raw OpenSSL"


def certificate(bench):
    """A self-signed one with an EC key, as `prepared` has made it."""
    return [bench.work / "tls-cert.pem", bench.work / "tls-key.pem"]


def servers(bench):
    return {"ours": [bench.binaries / "tls_echo", *certificate(bench)], RAW: [bench.binaries / "tls_raw_openssl", *certificate(bench)]}


def load(bench, command, *words):
    with serving(command) as server:
        return bench.loads.run([*pinned(CLIENT_CORE), bench.binaries / "tls_client", words[0], server.port, server.pid, *words[1:]],
                               server=command[0].name, command=words[0])


def rates(bench, title, command, noun):
    """Per second of server CPU, which the goal is for, and per second of this run."""
    seconds = 0.3 if bench.quick else 1
    results = bench.in_turn(title, 9, servers(bench), lambda server: load(bench, server, command, seconds))
    rows = []
    for key, unit, goals in (("requests_per_cpu_s", f"{noun} per CPU second", (at_least(0.95, RAW),)),
                             ("requests_per_s", f"{noun}/s", ())):
        figures = {name: [one[key] for one in rounds] for name, rounds in results.items()}
        rows.append(Row(title, unit, figures.pop("ours"), figures, goals, paired=True))
    return rows


def tls_handshake(bench):
    """TLS 1.3, X25519, ECDSA P-256; one octet each way, so that tickets are sent and used."""
    return (rates(bench, "TLS 1.3 connections with a full handshake", "full", "handshakes")
            + rates(bench, "TLS 1.3 connections with a resumed handshake", "resumed", "handshakes"))


def tls_bulk(bench):
    """One connection, AES-256-GCM; the server writes, or takes, 16 KiB at a time."""
    return (rates(bench, "TLS 1.3 bulk, the server sends 16 KiB at a time", "download", "blocks of 16 KiB")
            + rates(bench, "TLS 1.3 bulk, the server receives", "upload", "blocks of 16 KiB"))


def tls_idle(bench):
    """Resident memory of each of many connections that echoed one octet and wait."""
    count = 500 if bench.quick else 5000
    title = f"{count:,} idle TLS 1.3 connections: resident memory of each"
    figures = bench.in_turn(title, 1, {"ours": servers(bench)["ours"]},
                            lambda server: load(bench, server, "idle", count)["resident_kib_per_connection"], "KiB")
    return [Row(title, "KiB", figures["ours"], {}, ())]


@contextlib.contextmanager
def prepared(bench, names):
    cert, key = certificate(bench)
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                           "/CN=localhost", "-days", "30", "-keyout", key, "-out", cert], capture_output=True, text=True)
    if made.returncode != 0:
        raise LoadFailed(f"cannot make a certificate: {made.stderr}")
    yield {"openssl": subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.strip()}


MEASURES = {measure.__name__: measure for measure in (tls_handshake, tls_bulk, tls_idle)}
