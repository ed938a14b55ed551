#!/usr/bin/env python3
"""usage: scripts/check_syntax.py BUILD [-j N] [--only REGEX] [--exclude REGEX] [--compiler CXX]

Lets the compiler of a configured build folder read every source without making code of it (-fsyntax-only): most
warnings are to be had for that, in half of the time. Tells how far it is, what the compiler said, and ends with status
1 if anything was wrong.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys


def syntax_command(entry, compiler):
    """The command of an entry of compile_commands.json, without its launcher, its output and its dependency file."""
    words = shlex.split(entry["command"])
    while not re.search(r"(^|/)(c\+\+|g\+\+|clang\+\+)(-\d+)?$", words[0]):
        words.pop(0)
    kept, skip = [compiler or words[0]], False
    for word in words[1:]:
        if skip or word in ("-o", "-MF", "-MT"):
            skip = not skip
        elif word not in ("-c", "-MD"):
            kept.append(word)
    return [*kept, "-fsyntax-only"]


def check(entry, compiler):
    run = subprocess.run(syntax_command(entry, compiler), cwd=entry["directory"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return run.returncode, run.stdout


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("\n")[0].removeprefix("usage: "))
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("-j", type=int, default=os.cpu_count())
    options.add_argument("--only", default="", help="of the files' paths")
    options.add_argument("--exclude", default="$^")
    options.add_argument("--compiler")
    given = options.parse_args()
    entries = [entry for entry in json.loads((given.build / "compile_commands.json").read_text())
               if re.search(given.only, entry["file"]) and not re.search(given.exclude, entry["file"]) and "/pch/" not in entry["file"]]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(given.j) as pool:
        runs = {pool.submit(check, entry, given.compiler): entry for entry in entries}
        for done, run in enumerate(concurrent.futures.as_completed(runs), 1):
            status, output = run.result()
            failed += status != 0
            print(f"[{done}/{len(entries)}] {runs[run]['file']}", flush=True)
            if output:
                print(output, flush=True)
    if failed:
        print(f"{failed} of {len(entries)} files have errors or warnings.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
