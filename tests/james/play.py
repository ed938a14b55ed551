"""Plays a dialogue of James against a server."""
import base64
import re
import socket
from dataclasses import dataclass

import names
from answers import spellings
from script import freed

PATIENCE = 30
EXISTS = re.compile(r"^(\\?\* )(\d+)( EXISTS)$")
EXPUNGE = re.compile(r"\\?\* (\d+) EXPUNGE")
# Which session a message is recent in depends on who hears of it first; RFC 9051 has it no more.
# URLMECH is of RFC 4467, which is not here.
FREE = re.compile(r"\\?\* (\d+ EXPUNGE|(\d+|\\d\+|\.\*) RECENT|OK \\\[URLMECH INTERNAL\\\] Ok)$")
STRUCTURE = re.compile(r"BODY(STRUCTURE)? \\\(")  # whose words may be in either case


class Ended(Exception):
    """The server says no more."""


@dataclass
class Deviation:
    """A step that went otherwise than the dialogue says."""
    line_number: int
    text: str


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def response(self):
        """The next one with its literals, without the last CRLF, an octet a character."""
        whole = b""
        while True:
            try:
                line = self.file.readline()
            except TimeoutError:
                raise Ended("nothing was said") from None
            if not line:
                raise Ended("the connection ended")
            whole += line
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            if not literal:
                return whole.decode("latin-1").removesuffix("\r\n")
            whole += self.file.read(int(literal[1]))


class LoggedIn(Connection):
    """A connection that makes what a dialogue needs."""

    def __init__(self, address, user):
        super().__init__(address)
        self.response()
        self.ask(f"LOGIN {user} password")

    def ask(self, *lines):
        """A command that has to succeed; returns what was said."""
        self.send([f"t {lines[0]}", *lines[1:]])
        heard = [self.response()]
        while not heard[-1].startswith("t "):
            heard.append(self.response())
        assert heard[-1].startswith("t OK"), (lines, heard)
        return heard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Play:
    """One dialogue. `users` are what the accounts of the dialogue are called here."""

    def __init__(self, script, address, users, trace=None):
        self.script, self.address, self.users, self.trace = script, address, users, trace
        self.connections, self.deviations = {}, []

    def run(self, setup=None):
        """Returns the deviations; `setup` is the dialogue that makes the mailbox "selected"."""
        try:
            if setup and self.script.state == "selected":
                first = self.script.steps[0].session
                for step in setup.steps:
                    self.play(self.connection(first), step)
            for step in self.script.steps:
                if step.again:
                    self.connections.pop(step.session).close()
                self.play(self.connection(step.session), step)
        except Ended as why:
            self.deviations.append(Deviation(step.line_number, str(why)))
        finally:
            for connection in self.connections.values():
                connection.close()
        return self.deviations

    def connection(self, session):
        if session not in self.connections:
            made = self.connections[session] = Connection(self.address)
            if self.script.state != "greeting":
                made.response()
            if self.script.state in ("authenticated", "selected"):
                made.send([f"hello LOGIN {self.users['imapuser']} password"])
                while not (answer := made.response()).startswith("hello "):
                    pass
                assert answer.startswith("hello OK"), answer
        return self.connections[session]

    def credentials(self, lines):
        """A PLAIN response names the accounts of this house, and its literal is as long."""
        out = []
        for line in lines:
            word = line.rsplit(" ", 1)[-1]
            try:
                parts = base64.b64decode(word, validate=True).decode().split("\0") if len(word) > 12 else []
            except ValueError:
                parts = []
            if len(parts) > 1 and self.script.name == "AuthenticatePlain":
                if len(parts) == 2:  # James takes a response without an authorization identity's NUL
                    parts = ["", *parts]
                new = base64.b64encode("\0".join([*(self.users.get(p, p) for p in parts[:-1]), parts[-1]]).encode()).decode()
                line = line.removesuffix(word) + new
                if out:
                    out[-1] = re.sub(r"\{\d+(\+?)\}$", lambda m: f"{{{len(new)}{m[1]}}}", out[-1])
            out.append(line)
        return out

    def play(self, connection, step):
        lines = self.credentials([names.command(line, self.users) if i in step.commands else line for i, line in enumerate(step.said)])
        for line in lines:
            self.say("C", line)
        connection.send(lines)
        tags = [pattern.split(" ")[0] for pattern in step.wanted if pattern.split(" ")[0] in self.script.tags]
        heard = []
        if tags:
            while tags:
                heard.append(connection.response())
                tag = heard[-1].split(" ")[0]
                if tag in tags:
                    tags.remove(tag)
        else:
            heard = [connection.response() for _ in step.wanted]
        for response in heard:
            self.say("S", response)
        if difference := compare([names.pattern(wanted, self.users) for wanted in step.wanted], heard):
            self.deviations.append(Deviation(step.line_number, f"{' / '.join(step.said)[:100]}: {difference}"))

    def say(self, side, line):
        if self.trace:
            self.trace(f"{side}: {line}")


def gone(numbers):
    """Which messages these EXPUNGE responses remove, by their numbers before."""
    left, found = list(range(1, 1000)), set()
    for number in numbers:
        found.add(left.pop(number - 1))
    return found


def expunged(lines):
    return [int(m[1]) for m in map(EXPUNGE.fullmatch, lines) if m]


def counted(lines):
    """With each EXISTS as if it had come behind all EXPUNGE."""
    after, out = 0, []
    for line in reversed(lines):
        after += bool(EXPUNGE.fullmatch(line))
        out.append(EXISTS.sub(lambda m: f"{m[1]}{int(m[2]) - after}{m[3]}", line))
    return out[::-1]


def compare(wanted, heard):
    """What is wrong, as text; None when each response wanted is there and no other. Their order is free."""
    if gone(expunged(wanted)) != gone(expunged(heard)):
        return f"wanted EXPUNGE {expunged(wanted)}, got {expunged(heard)}"
    wanted, heard = counted(wanted), counted(heard)
    left = [response for response in heard if not FREE.match(response)]
    for pattern in wanted:
        if FREE.match(pattern):
            continue
        found = next((response for response in left if matches(pattern, response)), None)
        if found is None:
            return f"wanted {pattern!r}, got {left}"
        left.remove(found)
    left = [response for response in left if not response.startswith("* OK [")]  # CLOSED, COPYUID: there are more than James has
    return f"was not asked for: {left}" if left else None


def matches(pattern, response):
    regex = re.compile(freed(pattern), re.IGNORECASE if STRUCTURE.search(pattern) else 0)
    lines = (spelling.replace("\r\n", "\n") for spelling in spellings(response))
    return any(regex.fullmatch(line) or regex.fullmatch(line.replace("\r", "\n")) for line in lines)
