"""Reads a dialogue of Apache James: what clients say (C:) and patterns of what the server answers (S:)."""
import re
from dataclasses import dataclass, field

STATUS = re.compile(r"(?P<who>\\?\*|\S+) (?P<status>OK|NO|BAD|BYE)\b(?: (?P<code>\\\[.*\\\]))?")
LITERAL = re.compile(r"\{(\d+)\+?\}$")
RECENT = re.compile(r" \\\\Recent\b|\\\\Recent ?")  # as a pattern has the flag
OPTIONAL_CODE = re.compile(r"\(\\\[\.\+\\\] ?\)\?")


@dataclass
class Step:
    """What one connection says, and what it has to hear then."""
    session: str
    line_number: int  # of the first thing said, or where nothing is said of the first answer
    said: list = field(default_factory=list)
    commands: list = field(default_factory=list)  # which of these lines begin one
    wanted: list = field(default_factory=list)  # patterns, of whole responses
    again: bool = False  # on a new connection


class Script:
    """The steps of a dialogue, and the state its connections begin in."""

    def __init__(self, path):
        self.name, self.steps = path.stem, []
        self.tags, self.literal = set(), 0  # octets that a literal still wants
        self.step, self.session, self.again = None, "", False
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            self.read(number, line)
        text = path.read_text(encoding="utf-8")
        self.state = self.state_of(text)

    def read(self, number, line):
        mark, _, rest = line.partition(" ")
        if line.startswith("C:"):
            if self.step is None or self.step.wanted:
                self.begin(number)
            self.say(line[2:].removeprefix(" "))
        elif line.startswith("S:"):
            if self.step is None:
                self.begin(number)
            self.want(line[2:].removeprefix(" "))
        elif mark == "SESSION:":
            self.session, self.step = rest.strip(), None
        elif mark == "REINIT":
            self.again, self.step = True, None

    def say(self, line):
        self.step.said.append(line)
        if self.literal > 0:
            self.literal -= len(line.encode()) + 2
            if self.literal >= 0:
                return  # a literal may end within a line, and the command goes on there
        else:
            self.tags.add(line.split(" ")[0])
            self.step.commands.append(len(self.step.said) - 1)
        announced = LITERAL.search(line)
        self.literal = int(announced[1]) if announced else 0

    def begin(self, number):
        self.step = Step(self.session, number, again=self.again)
        self.again = False
        self.steps.append(self.step)

    def want(self, pattern):
        """A line that begins no response goes on with the one before."""
        tag = pattern.split(" ")[0]
        begins = re.match(r"\\?[*+] |\.\*$", pattern) or (tag and tag in self.tags)
        if begins or not self.step.wanted:
            self.step.wanted.append(pattern)
        else:
            self.step.wanted[-1] += "\n" + pattern

    def state_of(self, text):
        """James's tests say it in Java; it shows in what the dialogue does first."""
        if "Server ready" in text:
            return "greeting"
        if "Command not valid in this state" in text:
            return "connected"
        commands = [c for c in (step.said[i].split() for step in self.steps for i in step.commands) if len(c) > 1]
        if commands and commands[0][1].upper() in ("LOGIN", "AUTHENTICATE"):
            return "connected"
        if re.search(r"(?m)^(C|S):.*\bselected\b", text):
            return "selected"
        for tag, verb, *_ in commands:
            if verb.upper() in ("SELECT", "EXAMINE"):
                break
            if verb.upper() in ("FETCH", "STORE", "SEARCH", "COPY", "MOVE", "UID", "EXPUNGE", "CHECK", "REPLACE"):
                return "selected"
        return "authenticated"


def freed(pattern):
    """The pattern without James's wording: behind the status and its response code any text may stand.

    Where the dialogue asks for no code there may be one (RFC 5530 has more than James says).
    """
    if pattern.startswith("\\+"):
        return r"\+.*"
    pattern = re.sub(r"(?m) \{(\d+)\}$", r" \\{\1\\}", pattern)  # some literals are not escaped
    pattern = RECENT.sub("", OPTIONAL_CODE.sub("", pattern))
    pattern = pattern.replace(" \\{0\\}\n", " (\\{0\\}\n|NIL)")  # RFC 3501 section 7.4.2 has NIL for a part that is not there
    pattern = re.sub(r"(UIDVALIDITY|HIGHESTMODSEQ) \d+", r"\1 \\d+", pattern)
    found = STATUS.match(pattern)
    if found and (found["code"] or "\\[" not in pattern):
        code = " " + found["code"] if found["code"] else r"( \[[^\]]*\])?"
        return f"{found['who']} {found['status']}{code}( .*)?"
    return pattern
