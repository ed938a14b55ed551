"""What an IMAP line is made of, and whether one is what a script asks for.

A value is a list of values, None for NIL, or an Atom, or bytes for a string. Everything is kept as bytes.
"""


class Atom(bytes):
    """A word that was neither quoted nor a literal."""


def parse(line, lenient=False):
    """The values of a line, its literals in place ("{5}\\r\\nhello"). Lenient: human text may follow, of any form."""
    stack, at, size = [[]], 0, len(line)
    while at < size:
        octet = line[at:at + 1]
        if octet in (b" ", b"\r", b"\n"):
            at += 1
        elif octet == b"(":
            stack.append([])
            at += 1
        elif octet == b")" and len(stack) > 1:
            whole = stack.pop()
            stack[-1].append(whole)
            at += 1
        elif octet == b'"' and not lenient:
            text, at = quoted(line, at + 1)
            stack[-1].append(text)
        elif (literal := literal_at(line, at)) is not None:
            begin, length = literal
            stack[-1].append(line[begin:begin + length])
            at = begin + length
        else:
            begin = at
            while at < size and line[at:at + 1] not in (b" ", b"(", b")", b"\r", b"\n"):
                at += 1
            at = max(at, begin + 1)
            word = line[begin:at]
            stack[-1].append(None if word.upper() == b"NIL" else Atom(word))
    while len(stack) > 1:
        whole = stack.pop()
        stack[-1].append(whole)
    return stack[0]


def quoted(line, at):
    text = bytearray()
    while at < len(line) and line[at:at + 1] != b'"':
        if line[at:at + 1] == b"\\":
            at += 1
        text += line[at:at + 1]
        at += 1
    return bytes(text), at + 1


def literal_at(line, at):
    """Where the literal that is announced at `at` begins, and its length."""
    begin = at + 1 if line[at:at + 1] == b"~" else at
    if line[begin:begin + 1] != b"{":
        return None
    end = line.find(b"}\r\n", begin)
    digits = line[begin + 1:end].rstrip(b"+") if end > 0 else b""
    return (end + 3, int(digits)) if digits.isdigit() else None


def show(values):
    """As a line, for people."""
    if values is None:
        return "NIL"
    if isinstance(values, list):
        return "(" + " ".join(map(show, values)) + ")"
    text = values.decode("utf-8", "backslashreplace")
    return text if isinstance(values, Atom) else f'"{text}"'


DIRECTIVE = b"$!"
FLAGS_DEFAULT = [b"$!unordered", b"$!noextra", b"$!ignore=\\recent"]


def with_defaults(values):
    """The pattern of an untagged response, with the directives that its kind has unless the script gives some."""
    words = [v.lower() if isinstance(v, bytes) else v for v in values]
    if words[:1] in ([b"list"], [b"lsub"]):
        return prefixed(values, 1, [b"$!unordered"])
    if words[:1] == [b"status"]:
        return prefixed(values, 2, [b"$!unordered=2"])
    if len(words) > 2 and words[1] == b"fetch" and isinstance(values[2], list):
        items = list(values[2])
        for i, value in enumerate(items):
            if isinstance(value, list) and i > 0 and isinstance(items[i - 1], Atom) and items[i - 1].lower() == b"flags":
                items = prefixed(items, i, FLAGS_DEFAULT)
        return prefixed([*values[:2], items, *values[3:]], 2, [b"$!unordered=2"])
    return values


def prefixed(values, index, directives):
    inside = values[index] if index < len(values) else None
    if not isinstance(inside, list) or is_directive(inside[:1]):
        return values
    return [*values[:index], [*map(Atom, directives), *inside], *values[index + 1:]]


def is_directive(first):
    return bool(first) and isinstance(first[0], Atom) and first[0].startswith(DIRECTIVE)


class Matcher:
    """Compares values with patterns, and learns the variables of a test on the way.

    `sequence` says what number a message has now that had the given one when the command was sent.
    """

    def __init__(self, variables, sequence):
        self.variables, self.sequence = variables, sequence
        self.modseq = (0, 0)  # the last $modseqN: N, and its value

    def matches(self, pattern, values, prefix=False):
        known = dict(self.variables)
        if self.match_run(pattern, values, prefix=prefix):
            return True
        self.variables.clear()
        self.variables.update(known)
        return False

    def match_run(self, pattern, values, most=None, prefix=False):
        at = 0
        for count, want in enumerate(pattern):
            if most is not None and count == most:
                return True
            if isinstance(want, Atom) and want == b"$]":  # all up to the end of a response code
                while at < len(values) and isinstance(values[at], Atom) and b"]" not in values[at]:
                    at += 1
                at += 1
                continue
            if at >= len(values) or not self.match_one(want, values[at], prefix and count + 1 == len(pattern)):
                return False
            at += 1
        return prefix or most is not None or at == len(values)

    def match_one(self, want, value, prefix):
        if want == b"$":
            return True
        if want is None or value is None:
            return want is None and value is None
        if isinstance(want, list):
            return isinstance(value, list) and self.match_list(want, value)
        return not isinstance(value, list) and self.match_text(want, value, prefix)

    def match_list(self, pattern, values):
        unordered, chain, extra, ignored, banned = False, 1, None, [], []
        while is_directive(pattern):
            word, pattern = pattern[0][len(DIRECTIVE):], pattern[1:]
            name, _, argument = word.partition(b"=")
            unordered = name == b"unordered" or (unordered and name != b"ordered")
            if name == b"unordered":
                chain, extra = int(argument or 1), True if extra is None else extra
            elif name in (b"extra", b"noextra"):
                extra = name == b"extra"
            elif name in (b"ignore", b"ban"):
                (ignored if name == b"ignore" else banned).append(argument.lower())
        if not unordered:
            return self.match_run(pattern, values)
        if len(values) % chain:
            return False
        chains = [values[i:i + chain] for i in range(0, len(values), chain)]
        left = list(chains)
        for i in range(0, len(pattern), chain):
            found = next((c for c in chains if self.match_run(pattern[i:i + chain], c, most=chain)), None)
            if found is None:
                return False
            left = [c for c in left if c is not found]
        names = [c[0].lower() for c in left if isinstance(c[0], bytes)]
        return not any(n in banned for n in names) if extra else all(n in ignored for n in names)

    def match_text(self, pattern, text, prefix):
        """Character by character, variables replaced by what they stand for or by what stands in their place.

        What follows a NUL is not compared, as in the program these scripts were written for: one counts on it.
        """
        text, pattern = text.partition(b"\0")[0], pattern.partition(b"\0")[0]
        at, icase, rest = 0, True, pattern
        while rest:
            literal, rest, name = split_variable(rest)
            piece = text[at:at + len(literal)]
            if piece != literal and piece.upper() != literal.upper():
                return False
            at += len(literal)
            if name is None:
                continue
            if name.startswith(b"case:"):
                value, icase = name[len(b"case:"):], False
            else:
                value = self.value_of(name)
            if value is None:
                following = split_variable(rest)[0][:1].upper()
                end = text.upper().find(following, at) if following else len(text)
                value = text[at:end if end >= 0 else len(text)]
                if not self.learn(name, value):
                    return False
            piece = text[at:at + len(value)]
            if piece != value and not (icase and piece.upper() == value.upper()):
                return False
            at += len(value)
        return prefix or at == len(text)

    def value_of(self, name):
        return self.sequence(int(name)) if name.isdigit() else self.variables.get(name)

    def learn(self, name, value):
        number = name[len(b"modseq"):]
        if name.startswith(b"modseq") and number.isdigit():
            index, (last, reached) = int(number), self.modseq
            if not value.isdigit() or int(value) < reached + index - last:
                return False
            self.modseq = (index, int(value))
        if name:
            self.variables[name] = value
        return True


def split_variable(text):
    """The text before the first variable, what follows that variable, and its name; None where there is none."""
    at, literal = 0, bytearray()
    while at < len(text):
        if text[at:at + 1] != b"$":
            literal += text[at:at + 1]
            at += 1
        elif text[at + 1:at + 2] == b"$":
            literal += b"$"
            at += 2
        elif text[at + 1:at + 2] == b"{":
            end = text.index(b"}", at)
            return bytes(literal), text[end + 1:], text[at + 2:end]
        else:
            end = at + 1
            while end < len(text) and (text[end:end + 1].isalnum() or text[end:end + 1] == b"_"):
                end += 1
            return bytes(literal), text[end:], text[at + 1:end]
    return bytes(literal), b"", None
