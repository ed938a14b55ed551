"""A script of ImapTest: a header, then groups of commands with the responses that are expected to each."""
import os
import re

from values import parse, with_defaults

REPLIES = (b"ok", b"no", b"bad", b'""')


class Command:
    def __init__(self, line_number, tag, text, reply):
        self.line_number, self.tag, self.text, self.reply = line_number, tag, text, reply


class Group:
    """Commands that are sent at once, on one connection, and what has to come of them."""

    def __init__(self, connection):
        self.connection = connection
        self.commands = []
        self.untagged = []  # (mark, values): "*" must come, "!" must not, "?" may
        self.sleep = 0.0

    def pending(self):
        return [c for c in self.commands if c.reply is None]


class Script:
    def __init__(self, path):
        self.name = path.name
        self.capabilities, self.connections, self.messages = [], 1, 0
        self.state, self.ignores_extra = "selected", True
        self.users, self.groups = {}, []
        self.skipping = []
        header = True
        for number, line in joined_lines(path.read_bytes()):
            if not line:
                header = False
            elif not line.startswith(b"#"):
                self.read_header(line.decode()) if header else self.read(number, line)
        mail = path.with_name(path.name + ".mbox")
        self.mail = mail if mail.exists() else path.with_name("default.mbox")

    def read_header(self, line):
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "capabilities":
            self.capabilities = value.upper().split()
        elif key == "connections":
            self.connections = int(value) if value.isdigit() else 2
        elif key == "messages":
            self.messages = -1 if value == "all" else int(value)
        elif key == "state":
            self.state = value.lower()
        elif key == "ignore_extra_untagged":
            self.ignores_extra = value.startswith("y")
        elif key.startswith("user "):
            self.users[int(key[5:])] = value
        else:
            raise ValueError(f"{self.name}: unknown header {key!r}")

    def read(self, number, line):
        if line.startswith((b"!if", b"!else", b"!endif")):
            self.read_condition(line)
            return
        if any(self.skipping):
            return
        group = self.groups[-1] if self.groups else None
        if group is not None:
            if line.startswith(b"!sleep "):
                amount, unit = re.fullmatch(rb"!sleep (\d+) ?(\w+)", line).groups()
                group.sleep = int(amount) * {b"ms": 0.001, b"msecs": 0.001}.get(unit, 1)
                return
            if line.startswith(b"!output "):
                return
            if line[:2] in (b"* ", b"! ", b"? "):
                group.untagged.append((line[:1], with_defaults(parse(line[2:]))))
                return
            if group.pending() and self.read_reply(group, line):
                return
        if group is None or not group.pending():
            group = None
        self.read_command(number, line, group)

    def read_condition(self, line):
        if line.startswith((b"!ifenv ", b"!ifnenv ")):
            word, _, name = line.partition(b" ")
            self.skipping.append((name.decode() in os.environ) == (word == b"!ifnenv"))
        elif line == b"!else":
            self.skipping[-1] = not self.skipping[-1]
        else:
            self.skipping.pop()

    def read_reply(self, group, line):
        if self.connections > 1:
            line = re.sub(rb"^\d+ ", b"", line)
        tag, reply, rest = split_reply(line)
        if reply is None:
            return False
        command = next(c for c in group.commands if c.tag == tag)
        command.reply = parse(reply + b" " + rest)
        return True

    def read_command(self, number, line, group):
        connection = 1
        if self.connections > 1:
            word, _, line = line.partition(b" ")
            connection = int(word)
            self.connections = max(self.connections, connection)
        tag, reply, text = split_reply(line)
        if group is None:
            group = Group(connection)
            self.groups.append(group)
        if text[:2] == b"* ":  # the greeting
            group.untagged.append((b"*", with_defaults(parse(text[2:]))))
            return
        group.commands.append(Command(number, tag, text, None if reply is None else parse(reply)))


def split_reply(line):
    """(tag, reply, the rest) of "tag1 ok rest", where a tag and a reply may be absent."""
    word, _, rest = line.partition(b" ")
    tag = None
    if re.fullmatch(rb"tag\d+", word, re.I):
        tag, line = word, rest
        word, _, rest = line.partition(b" ")
    return (tag, word, rest) if word.lower() in REPLIES else (tag, None, line)


def joined_lines(octets):
    """(number, line) of a script, "{{{" to "}}}" made a literal. "~{{{": binary, its lines end as in the file."""
    lines = octets.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    number = 0
    while number < len(lines):
        first, line = number + 1, lines[number]
        number += 1
        out = b""
        while line.endswith(b"{{{") and not (not out and line.startswith(b"#")):
            binary = line.endswith(b"~{{{")
            end = b"\n" if binary else b"\r\n"
            body, last = b"", 0
            while not lines[number].startswith(b"}}}"):
                body += lines[number]
                last = len(body)
                body += end
                number += 1
            body = body[:last]
            out += line[:-4 if binary else -3] + b"%s{%d}\r\n" % (b"~" if binary else b"", len(body)) + body
            line = lines[number][3:]
            number += 1
        yield first, out + line
