"""A small DNS server on loopback for tests: answers by UDP from a table, NXDOMAIN for what is not in it.

As a program: name_server.py PORT FILE serves the lines "NAME TYPE VALUE" of a file until it is ended, and says "ready".
"""
import ipaddress
import pathlib
import socket
import struct
import sys
import threading

TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "TLSA": 52}


def name_octets(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def text_octets(text):
    pieces = [text[i:i + 255] for i in range(0, len(text), 255)] or [b""]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces)


def data_octets(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "PTR":
        return name_octets(value)
    if kind == "MX":
        preference, exchange = value.split()
        return struct.pack("!H", int(preference)) + name_octets(exchange)
    if kind == "SRV":
        *numbers, target = value.split()
        return struct.pack("!HHH", *map(int, numbers)) + name_octets(target)
    if kind == "TLSA":
        *numbers, digest = value.split()
        return bytes(map(int, numbers)) + bytes.fromhex(digest)
    return text_octets(value.encode())


class NameServer:
    """Serves `records`, tuples like ("one.test", "TXT", "v=spf1 -all"). Questions for `silent` names get no answer.

        with NameServer([("one.test", "A", "192.0.2.1")]) as server:
            run("auth", "spf", "--resolver", server.address, …)
    """

    def __init__(self, records, silent=(), port=0):
        self.port, self.questions = port, []
        self.records, self.silent = [(name.lower(), kind, value) for name, kind, value in records], set(silent)

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    stop = False

    def serve(self):
        while not self.stop:
            question, peer = self.socket.recvfrom(4096)
            if len(question) > 12:
                answer = self.answer(question)
                if answer:
                    self.socket.sendto(answer, peer)

    def answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1"))
            at += 1 + question[at]
        name, (kind, _) = ".".join(labels).lower(), struct.unpack("!HH", question[at + 1:at + 5])
        self.questions.append((name, kind))
        if name in self.silent:
            return None
        known = [record for record in self.records if record[0] == name]
        found = [data_octets(each, value) for _, each, value in known if TYPES[each] == kind]
        # A name with others below it exists, too (RFC 8020).
        exists = known or any(record[0].endswith("." + name) for record in self.records)
        flags = 0x8580 | (0 if exists else 3)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for data in found)
        return question[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + question[12:at + 5] + answers


if __name__ == "__main__":
    lines = pathlib.Path(sys.argv[2]).read_text().splitlines()
    with NameServer([tuple(line.split(None, 2)) for line in lines if line.strip()], port=int(sys.argv[1])) as server:
        print("ready", server.address, flush=True)
        server.thread.join()
