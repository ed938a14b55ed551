"""A raw line dialogue with a server: what no well-behaved client library would send."""
import socket


class Dialogue:
    def __init__(self, address, timeout=30):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.reader = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def reply(self):
        """The next reply, all its lines joined; empty when the server has closed the connection."""
        lines = []
        try:
            while line := self.reader.readline():
                lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                if line[3:4] != b"-":
                    break
        except ConnectionError:
            pass
        return "\n".join(lines)

    def ask(self, command):
        self.send(command + "\r\n")
        return self.reply()

    def smtp(self, recipient="ann@one.test", sender="load@load.test"):
        """Greeting to 354: ready for the message."""
        replies = [self.reply()] + [self.ask(c) for c in
                                    ("EHLO test", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA")]
        assert replies[-1].startswith("354"), replies
        return self

    def close(self):
        self.reader.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
