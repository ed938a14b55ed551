#!/usr/bin/env python3
"""A member that is an aggregate gets the name of its type where it is initialized: T{.m = M{.a = x}, .b = f()}.

Without it GCC 12 destroys .m twice when f() throws (seen with GCC 12.2 at -O0 and -O2).
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A member in braces of its own without a type, and a member behind it.
NESTED = re.compile(r"\.\w+ = \{\s*\.(?:[^{}]|\{[^{}]*\})*\},\s*\.\w+ = ")
COMMENT = re.compile(r"//[^\n]*")


def places(text):
    """The numbers of the lines where such a member begins."""
    text = COMMENT.sub("", text)
    return [text.count("\n", 0, found.start()) + 1 for found in NESTED.finditer(text)]


def main():
    assert places("a\nreturn T{.m = {.a = x, .c = {1}},\n .b = f()};") == [2], "this check does not find what it looks for"
    assert places("T{.m = M{.a = x}, .b = f()}; T{.b = f(), .m = {.a = x}}") == []
    found = [f"{path.relative_to(ROOT)}:{line}" for folder in ("posthouse", "apps", "bench", "examples")
             for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".cc", ".h")
             for line in places(path.read_text())]
    for place in found:
        print(f"{place}: give the member in braces its type: GCC 12 destroys it twice when what follows throws")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
