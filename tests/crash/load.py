"""Numbered messages sent by many clients at once, and the count of what arrived; shared by the kill campaigns."""
import hashlib
import smtplib
import socket
import threading

NAME = b"X-Number: "


def make_message(sender, number, size):
    """A message that names itself and carries a digest of its own body. Lines end in CRLF; some begin with dots."""
    line = b".%d of %d%s\r\n" % (number, sender, b" posthouse" * (number % 6))
    body = line * max(1, size // len(line))
    digest = hashlib.sha256(body).hexdigest().encode()
    return (b"From: load@load.test\r\nTo: ann@one.test\r\nSubject: numbered\r\n" + NAME + b"%d-%d\r\nX-Body: " % (sender, number)
            + digest + b"\r\n\r\n" + body)


class Senders:
    """`count` clients that send one message after the other to `recipient` until told to stop. A client whose
    connection breaks connects again and sends the next number: a message without its 250 is not sent twice,
    so that each number can be in the mailbox once at the most."""

    def __init__(self, count, port, recipient, sizes=(400, 4096, 20_000, 150_000), login=None):
        self.port, self.recipient, self.sizes, self.login = port, recipient, sizes, login
        self.sender = login[0] if login else "load@load.test"
        self.acknowledged, self.attempted, self.errors = set(), set(), 0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.progress = threading.Condition(self.lock)
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(count)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def wait_for(self, count, timeout):
        """Until `count` more messages have been acknowledged; True if that happened in time."""
        with self.progress:
            target = len(self.acknowledged) + count
            return self.progress.wait_for(lambda: len(self.acknowledged) >= target, timeout)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender hangs"

    def run(self, sender):
        number, client = 0, None
        while not self.stopping.is_set():
            try:
                if client is None:
                    client = smtplib.SMTP("127.0.0.1", self.port, timeout=30)
                    client.ehlo("load.test")
                    if self.login:
                        client.login(*self.login)
                name = b"%d-%d" % (sender, number)
                message = make_message(sender, number, self.sizes[(sender + number) % len(self.sizes)])
                number += 1
                with self.lock:
                    self.attempted.add(name)
                refused = client.sendmail(self.sender, [self.recipient], message)
                assert not refused
                with self.progress:
                    self.acknowledged.add(name)
                    self.progress.notify_all()
            except (OSError, smtplib.SMTPException):
                self.errors += 1
                if client is not None:
                    client.close()
                client = None
                self.stopping.wait(0.02)  # the server is down: do not spin until it is back
        if client is not None:
            client.close()


def fetch_all(port, user, password):
    """Every message in the mailbox as bytes with CRLF line ends, over one pipelined POP3 session."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw, raw.makefile("rb") as reader:
        assert reader.readline().startswith(b"+OK")
        raw.sendall(b"USER %s\r\nPASS %s\r\nSTAT\r\n" % (user.encode(), password.encode()))
        for _ in range(2):
            answer = reader.readline()
            assert answer.startswith(b"+OK"), answer
        count = int(reader.readline().split()[1])
        for first in range(1, count + 1, 50):
            last = min(first + 49, count)
            raw.sendall(b"".join(b"RETR %d\r\n" % i for i in range(first, last + 1)))
            for _ in range(first, last + 1):
                answer = reader.readline()
                assert answer.startswith(b"+OK"), answer
                lines = []
                while (line := reader.readline()) != b".\r\n":
                    lines.append(line[1:] if line.startswith(b".") else line)
                yield b"".join(lines)
        raw.sendall(b"QUIT\r\n")
        reader.readline()


def count_arrivals(messages):
    """name -> how often it arrived; a message that is not what was sent is an error."""
    arrived = {}
    for message in messages:
        header, _, body = message.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in header.split(b"\r\n") if line.startswith(b"X-"))
        name = fields[NAME[:-2]]
        assert hashlib.sha256(body).hexdigest().encode() == fields[b"X-Body"], f"message {name} has been changed"
        arrived[name] = arrived.get(name, 0) + 1
    return arrived
