"""A DNS server for tests: answers TXT from a table, by UDP."""
import socket
import struct
import threading


def read_name(packet, at):
    labels = []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii", "replace").lower())
        at += 1 + packet[at]
    return ".".join(labels), at + 1


class TxtServer:
    """`texts` maps names, in lower case and without a last dot, to a text or a list of them. Names that are not in it do
    not exist, unless names below them do.

        with TxtServer({"mail._domainkey.one.test": "v=DKIM1; …"}) as server:
            run(..., "--resolver", server.address)
    """
    TXT = 16

    def __init__(self, texts, host="127.0.0.1", port=0):
        self.texts = {name: [text] if isinstance(text, str) else list(text) for name, text in texts.items()}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.asked = []
        self.thread = threading.Thread(target=self.serve, daemon=True)

    @property
    def address(self):
        return "{}:{}".format(*self.socket.getsockname())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def serve(self):
        while True:
            packet, peer = self.socket.recvfrom(4096)
            if len(packet) < 12:
                return
            self.socket.sendto(self.answer(packet), peer)

    def answer(self, packet):
        name, end = read_name(packet, 12)
        kind, = struct.unpack_from("!H", packet, end)
        self.asked.append((name, kind))
        records = b""
        texts = self.texts.get(name, []) if kind == self.TXT else []
        for text in texts:
            octets = text.encode()
            data = b"".join(bytes([len(octets[i:i + 255])]) + octets[i:i + 255] for i in range(0, len(octets), 255))
            records += b"\xc0\x0c" + struct.pack("!HHIH", self.TXT, 1, 60, len(data)) + data
        exists = name in self.texts or any(other.endswith("." + name) or not name for other in self.texts)
        flags = 0x8580 | (0 if exists else 3)
        return packet[:2] + struct.pack("!HHHHH", flags, 1, len(texts), 0, 0) + packet[12:end + 4] + records
