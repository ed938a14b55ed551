"""The spellings of one response that mean the same, of which a dialogue has one."""
import itertools
import re

MOST = 800  # spellings of one response


def values(text, at=0):
    """What stands between spaces: atoms, quoted strings, literals with their octets, lists. Ends at a ")" too many."""
    found, begin = [], None
    depth = 0
    while at < len(text):
        sign = text[at]
        if begin is None and sign not in " )":
            begin = at
        if sign == " " and depth == 0:
            if begin is not None:
                found.append(text[begin:at])
            begin = None
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            if depth == 0:
                break
            depth -= 1
        elif sign == '"':
            at = end_of_quoted(text, at)
        elif sign == "{" and (literal := re.compile(r"\{(\d+)\}\r\n").match(text, at)):
            at = literal.end() + int(literal[1]) - 1
        at += 1
    if begin is not None:
        found.append(text[begin:at])
    return found


def end_of_quoted(text, at):
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at


def orders(words, size):
    """Every order of the groups of `size` words."""
    groups = [words[i:i + size] for i in range(0, len(words), size)]
    if len(groups) > 6:
        return [words]
    return [[word for group in order for word in group] for order in itertools.permutations(groups)]


def inside(value):
    return values(value[1:-1]) if value.startswith("(") and value.endswith(")") else None


def in_order(value):
    """A list of flags as James has it, without "\\Recent"."""
    flags = [flag for flag in inside(value) if flag != "\\Recent"]
    return "(" + " ".join(sorted(flags, key=lambda flag: (not flag.startswith("\\"), flag.lower()))) + ")"


def rights_in_order(letters):
    """Without those of old, which stand for others (RFC 4314 section 2.1.1)."""
    return "".join(sorted(set(letters.strip('"')) - {"c", "d"}))


def quoted(word):
    return word if word.startswith(('"', "(", "{")) or word == "NIL" else f'"{word}"'


def spellings(response):
    """Every way to write `response`: lists without an order in any, names as atoms or quoted."""
    words = response.split(" ")
    kind = words[1].upper() if len(words) > 1 else ""
    if words[0] != "*":
        return [response]
    if len(words) > 3 and words[2].upper() == "FETCH":
        items = inside(response.split(" ", 3)[3]) or []
        items = [in_order(value) if i and items[i - 1].upper() == "FLAGS" else value for i, value in enumerate(items)]
        return [f"* {words[1]} FETCH ({' '.join(order)})" for order in orders(items, 2)][:MOST]
    parts = values(response)
    if kind == "FLAGS":
        return [response, f"* FLAGS {in_order(parts[2])}"]
    if kind == "OK" and "[PERMANENTFLAGS (" in response:
        head, _, rest = response.partition("(")
        flags, _, tail = rest.partition(")")
        shown = in_order(f"({flags})").replace("\\* ", "").replace(")", " \\*)") if "\\*" in flags else in_order(f"({flags})")
        return [response, head + shown + tail]
    if kind in ("LIST", "LSUB", "XLIST"):
        rest = "".join(" " + p for p in parts[5:])
        return [f"* {kind} ({' '.join(order)}) {parts[3]} {name}{rest}" for order in orders(inside(parts[2]), 1)
                for name in {parts[4], quoted(parts[4])}][:MOST]
    if kind in ("STATUS", "METADATA"):
        listed = inside(parts[3]) if len(parts) > 3 else None
        ends = [" (" + " ".join(order) + ")" for order in orders(listed, 2)] if listed is not None else [
            "".join(" " + p for p in parts[3:])]
        return [f"* {kind} {name}{end}" for end in ends for name in {parts[2], quoted(parts[2])}][:MOST]
    if kind == "MYRIGHTS":
        return [f"* MYRIGHTS {quoted(parts[2])} {quoted(rights_in_order(parts[3]))}"]
    if kind == "ACL":
        entries = sorted(zip(parts[3::2], map(rights_in_order, parts[4::2])))
        return [" ".join(["* ACL", *map(quoted, [parts[2], *itertools.chain(*entries)])])]
    if kind == "LISTRIGHTS":
        return [response, " ".join(parts[:2] + [quoted(p) for p in parts[2:]])]
    return [response]
