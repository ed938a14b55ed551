"""Plays a script against a server: the mailboxes it wants, then group by group."""
import email.utils
import socket
import time

from values import Matcher, parse, show, split_variable

PATIENCE = 30


class Failure(Exception):
    """The server did not do what the script asks for."""


class Skipped(Exception):
    """The server lacks a capability that the script needs."""


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.file = self.socket.makefile("rb")
        self.tags = 0
        self.exists = 0
        self.capabilities = []
        self.closed = False
        self.greeting = self.read()

    def close(self):
        """Says LOGOUT, so that the server has let go of all when the next script begins."""
        try:
            if not self.closed:
                self.send(b"LOGOUT")
                while self.read():
                    pass
        except OSError:
            pass
        self.file.close()
        self.socket.close()

    def read(self):
        """One response with its literals; empty at the end."""
        line = b""
        while True:
            piece = self.file.readline()
            if not piece:
                self.closed = True
                return line
            line += piece
            head, brace, digits = piece.rstrip(b"\r\n").rpartition(b"{")
            if not (piece.endswith(b"}\r\n") and brace and digits[:-1].isdigit()):
                return line
            line += self.file.read(int(digits[:-1]))

    def send(self, text):
        """Sends a command; returns its tag. Literals in it are sent when the server asks for them."""
        self.tags += 1
        tag = b"A%d" % self.tags
        rest = tag + b" " + text + b"\r\n"
        while True:
            cut = self.literal_end(rest)
            self.socket.sendall(rest[:cut])
            rest = rest[cut:]
            if not rest:
                return tag, []
            early = self.await_continuation(tag)
            if early:
                return tag, early

    @staticmethod
    def literal_end(octets):
        """Where to stop and wait: behind the first "{n}" CRLF."""
        at = octets.find(b"}\r\n")
        while at >= 0:
            start = octets.rfind(b"{", 0, at)
            if start >= 0 and octets[start + 1:at].isdigit():
                return at + 3
            at = octets.find(b"}\r\n", at + 1)
        return len(octets)

    def await_continuation(self, tag):
        """Nothing once the server says "+"; what it said instead, when it refuses."""
        early = []
        while True:
            line = self.read()
            if line.startswith(b"+"):
                return []
            early.append(line)
            if not line or line.startswith(tag + b" "):
                return early

    def ask(self, text):
        """Sends a command that has to succeed; returns its untagged responses."""
        tag, lines = self.send(text)
        while not (lines and lines[-1].startswith(tag + b" ")):
            line = self.read()
            if not line:
                raise Failure(f"the connection ended after {text[:60]!r}")
            lines.append(line)
        if lines[-1].split()[1].upper() != b"OK":
            raise Failure(f"{text[:60]!r} was answered {lines[-1]!r}")
        for line in lines[:-1]:
            self.count(line)
        return lines[:-1]

    def count(self, line):
        words = line.split()
        if len(words) == 3 and words[1].isdigit():
            if words[2].upper() == b"EXISTS":
                self.exists = int(words[1])
            elif words[2].upper() == b"EXPUNGE":
                self.exists -= 1


class Mail:
    """The messages of an mbox, again and again."""

    def __init__(self, path):
        self.messages = list(self.split(path.read_bytes()))
        self.next = 0

    @staticmethod
    def split(octets):
        """The blank line before the next "From " is a message's own here."""
        head, lines = None, []
        for line in [*octets.split(b"\n")[:-1], None]:
            if line is None or line.startswith(b"From "):
                if head is not None:
                    yield head, b"".join(x.rstrip(b"\r") + b"\r\n" for x in lines)
                head, lines = line, []
            else:
                lines.append(line)

    def take(self):
        """An argument for APPEND: the date and the message."""
        head, text = self.messages[self.next % len(self.messages)]
        self.next += 1
        parsed = email.utils.parsedate_tz(head.split(b" ", 2)[2].strip().decode())
        moment = time.strftime("%d-%b-%Y %H:%M:%S", parsed[:9]) + time_zone(parsed[9])
        return b'"%s" {%d}\r\n%s' % (moment.encode(), len(text), text), b"{%d}\r\n%s" % (len(text), text)


def time_zone(seconds):
    minutes = (seconds or 0) // 60
    return f" {'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


class Play:
    """One script on one account."""

    def __init__(self, script, address, user, password, mailbox=b"imaptest", trace=None):
        self.script, self.mail, self.mailbox, self.trace = script, Mail(script.mail), mailbox, trace
        self.user, self.password = user, password
        self.variables = {b"user": user, b"username": user.partition(b"@")[0], b"domain": user.partition(b"@")[2],
                          b"password": password, b"mailbox": mailbox, b"mailbox_url": mailbox}
        for number in range(2, script.connections + 1):
            for name in (b"user", b"username", b"domain", b"password"):
                self.variables[name + b"%d" % number] = self.variables[name]
        self.connections = [Connection(address) for _ in range(script.connections)]
        self.matcher = Matcher(self.variables, self.sequence)
        self.numbers = []  # of each message at the beginning of the group: its number now, 0 when it has gone

    def run(self):
        try:
            self.prepare()
            for group in self.script.groups:
                self.play(group)
        finally:
            for connection in self.connections:
                connection.close()

    def prepare(self):
        first = self.connections[0]
        state = ("nonauth", "auth", "created", "appended", "selected").index(self.script.state)
        if self.script.users:
            raise Skipped("another user")
        if state >= 1:
            for connection in self.connections:
                connection.ask(b'LOGIN "%s" "%s"' % (self.user, self.password))
        have = [word.decode().upper() for line in first.ask(b"CAPABILITY") for word in line.split()[2:]]
        missing = [name for name in self.script.capabilities if name not in have]
        if missing:
            raise Skipped("no " + " ".join(missing))
        if state >= 1:
            self.clear(first)
        if state >= 2:
            first.ask(b'CREATE "%s"' % self.mailbox)
        if state >= 3:
            count = self.script.messages if self.script.messages >= 0 else len(self.mail.messages)
            for _ in range(count):
                first.ask(b'APPEND "%s" %s' % (self.mailbox, self.mail.take()[0]))
        if state >= 4:
            for connection in self.connections:
                connection.ask(b'SELECT "%s"' % self.mailbox)

    def clear(self, connection):
        """Removes what an earlier script has left."""
        for ask, undo in ((b"LIST", b"DELETE"), (b"LSUB", b"UNSUBSCRIBE")):
            names = [parse(line)[-1] for line in connection.ask(b'%s "" "%s*"' % (ask, self.mailbox))
                     if line.upper().startswith(b"* " + ask)]
            for name in sorted(names, reverse=True):
                try:
                    connection.ask(b'%s "%s"' % (undo, name))
                except Failure:
                    if undo != b"DELETE":  # a name that is only the beginning of others has gone with them
                        raise

    def sequence(self, number):
        now = self.numbers[number - 1] if 0 < number <= len(self.numbers) else 0
        return b"%d" % now if now else b"<gone>"

    def expand(self, text):
        """A command with its variables."""
        out, rest = b"", text
        while rest:
            literal, rest, name = split_variable(rest)
            out += literal
            if name is not None:
                value = self.matcher.value_of(name)
                if value is None:
                    raise Failure(f"no response has said what ${name.decode()} is")
                out += value
        return out

    def play(self, group):
        connection = self.connections[group.connection - 1]
        self.numbers = list(range(1, connection.exists + 1))
        lines, waiting = [], {}
        if not group.commands:
            lines = [connection.greeting]
        for command in group.commands:
            tag, early = connection.send(self.with_message(self.expand(command.text)))
            self.say("C", command.text)
            waiting[tag] = command
            lines += early
        found = [False] * len(group.untagged)
        while lines or waiting:
            line = lines.pop(0) if lines else connection.read()
            self.say("S", line)
            if not line:
                if all(command.reply == [b""] for command in waiting.values()):
                    break
                raise Failure(self.where(group) + "the connection ended")
            tag, _, rest = line.partition(b" ")
            if tag in waiting:
                self.tagged(group, waiting.pop(tag), tag, rest)
            elif tag == b"*":
                connection.count(line)
                self.untagged(group, found, next(iter(waiting), None), rest)
                self.expunged(rest)
        missing = [values for i, (mark, values) in enumerate(group.untagged) if mark == b"*" and not found[i]]
        if missing:
            raise Failure(self.where(group) + f"not said: {show(missing[0])}")
        if group.sleep:
            time.sleep(group.sleep)  # the script asks for it: what it waits for is not told

    def with_message(self, command):
        """APPEND without a message takes the next one of the mbox."""
        words = command.split(b" ")
        verb = words[0].upper() if words[0].upper() != b"UID" else words[1].upper() if len(words) > 1 else b""
        if verb not in (b"APPEND", b"REPLACE") or b"{" in command or b"catenate" in command.lower():
            return command
        with_date, without_date = self.mail.take()
        if len(words) == 1:
            return b'%s "%s" %s' % (command, self.mailbox, with_date)
        return command + b" " + without_date

    def tagged(self, group, command, tag, rest):
        self.variables[b"tag"] = tag
        right = self.matcher.matches(command.reply, parse(rest, lenient=True), prefix=True)
        self.variables.pop(b"tag", None)
        if not right:
            raise Failure(self.where(group, command) + f"wanted {show(command.reply)}, got {rest[:200]!r}")

    def untagged(self, group, found, tag, rest):
        status = rest[:3].upper() in (b"OK ", b"NO ", b"BAD", b"BYE")
        values = parse(rest, lenient=status)
        if tag is not None:
            self.variables[b"tag"] = tag
        some = False
        for i, (mark, pattern) in enumerate(group.untagged):
            if found[i] or not self.matcher.matches(pattern, values, prefix=status):
                continue
            if mark == b"!":
                raise Failure(self.where(group) + f"must not be said: {rest[:200]!r}")
            found[i] = some = True
        self.variables.pop(b"tag", None)
        if not some and not self.script.ignores_extra:
            raise Failure(self.where(group) + f"was not asked for: {rest[:200]!r}")

    def expunged(self, rest):
        words = rest.split()
        if len(words) == 2 and words[1].upper() == b"EXPUNGE":
            gone = int(words[0])
            self.numbers = [0 if n == gone else n - 1 if n > gone else n for n in self.numbers]

    def where(self, group, command=None):
        command = command or (group.commands[0] if group.commands else None)
        return f"line {command.line_number}: {command.text[:80].decode('utf-8', 'replace')}: " if command else "greeting: "

    def say(self, side, line):
        if self.trace:
            self.trace(f"{side}: {line.decode('utf-8', 'backslashreplace').rstrip()}")

