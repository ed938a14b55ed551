#!/usr/bin/env python3
"""usage: scripts/test_report.py BUILD…

What the last run of ctest in each build folder leaves to be said when everything is green: its ten slowest tests and
test cases, and what was skipped, by reason.
"""
import collections
import pathlib
import re
import sys

TEST = re.compile(r"^\d+/\d+ Test: (\S+)$(.*?)^Test time = +([\d.]+) sec$", re.MULTILINE | re.DOTALL)
CASE = re.compile(r"^\[ +(?:OK|FAILED) +\] (\S+?),?(?: .*)? \((\d+) ms\)$", re.MULTILINE)
# GoogleTest: the reason, then the case. unittest: the case, then the reason. Scripts of ours: "skipped: the reason".
SKIPPED_CASE = re.compile(r": Skipped\n(.*?)\n+\[ +SKIPPED +\] (\S+?),?(?: .*)? \(\d+ ms\)$", re.MULTILINE)
SKIPPED_METHOD = re.compile(r"^(\w+) \(.*?\).*? \.\.\. skipped ['\"](.*)['\"]$", re.MULTILINE)
SKIPPED_STEP = re.compile(r"^skipped: (?!\d+$)(.*)$", re.MULTILINE)
SKIPPED_LIST = re.compile(r"^skipped: [1-9]\d*\n((?:  .*\n)+)", re.MULTILINE)


def skipped(test, output):
    """(reason, name) of what an output says was skipped."""
    for reason, name in SKIPPED_CASE.findall(output):
        yield reason, name
    for name, reason in SKIPPED_METHOD.findall(output):
        yield reason, f"{test}: {name}"
    for reason in SKIPPED_STEP.findall(output):
        yield reason, test
    for lines in SKIPPED_LIST.findall(output):
        for line in lines.splitlines():
            yield line.strip(), test


def report(build):
    log = build / "Testing/Temporary/LastTest.log"
    tests, cases, reasons = [], [], collections.defaultdict(list)
    for test, output, seconds in TEST.findall(log.read_text(errors="replace")):
        tests.append((float(seconds), test))
        cases += [(int(milliseconds) / 1000, name) for name, milliseconds in CASE.findall(output)]
        for reason, name in skipped(test, output):
            reasons[reason].append(name)
    for title, timed in (("tests", tests), ("test cases", cases)):
        print(f"{build.name}: the slowest of {len(timed)} {title}")
        for seconds, name in sorted(timed, reverse=True)[:10]:
            print(f"  {seconds:7.1f} s  {name}")
    print(f"{build.name}: skipped: {sum(map(len, reasons.values()))}")
    for reason, names in sorted(reasons.items()):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        print(f"  {reason}: {', '.join(names[:3])}{more}")


if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
    print(__doc__)
    sys.exit(2)
for folder in sys.argv[1:]:
    report(pathlib.Path(folder))
