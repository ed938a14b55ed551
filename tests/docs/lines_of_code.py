#!/usr/bin/env python3
"""Counts lines of code (no comments, no blank lines) of the tutorial's programs: examples/NAME.cc may have at most one
and a half times those of examples/python/NAME.py."""
import pathlib
import re
import sys

MOST = 1.5
root = pathlib.Path(__file__).resolve().parents[2] / "examples"


def lines(path):
    text = path.read_text()
    if path.suffix == ".cc":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    comment = "#" if path.suffix == ".py" else "//"
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith(comment))


pairs = [(path, root / f"{path.stem}.cc") for path in sorted((root / "python").glob("*.py"))]
problems = [f"{theirs.name} has no {ours.name} to go with it" for theirs, ours in pairs if not ours.exists()]
if len(pairs) < 3:
    problems.append(f"only {len(pairs)} programs in {root / 'python'}")
for theirs, ours in pairs:
    if ours.exists():
        c, p = lines(ours), lines(theirs)
        print(f"{ours.stem:30} C++ {c:3}  Python {p:3}  ratio {c / p:.2f}")
        if c > MOST * p:
            problems.append(f"{ours.name} is longer than {MOST} times {theirs.name}")
print("\n".join(problems) or f"{len(pairs)} programs, none longer than {MOST} times the Python")
sys.exit(1 if problems else 0)
