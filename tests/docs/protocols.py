#!/usr/bin/env python3
"""Holds docs/protocols.md against the code: every file it names exists and cites the RFC of its row."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
problems, rows = [], 0
for line in (root / "docs/protocols.md").read_text().splitlines():
    row = re.match(r"\| (\d+) \|.*\| ([^|]+) \|$", line)
    if not row:
        continue
    rows += 1
    files = re.findall(r"`([^`]+)`", row.group(2))
    if not files:
        problems.append(f"RFC {row.group(1)}: no file named")
    for name in files:
        path = root / name
        if not path.exists():
            problems.append(f"RFC {row.group(1)}: {name} does not exist")
        elif not re.search(rf"\b{row.group(1)}\b", path.read_text()):
            problems.append(f"RFC {row.group(1)}: {name} does not cite it")
if rows < 20:
    problems.append(f"only {rows} rows were understood")
print("\n".join(problems) or f"{rows} rows agree with the code")
sys.exit(1 if problems else 0)
