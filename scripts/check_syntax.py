#!/usr/bin/env python3
"""usage: scripts/check_syntax.py BUILD [-j N] [--only REGEX] [--exclude REGEX] [--compiler CXX] [--share-includes]

Lets the compiler of a configured build folder read every source without making code of it (-fsyntax-only): most
warnings are to be had for that, in half of the time. Tells how far it is, what the compiler said, and ends with status
1 if anything was wrong. With --share-includes (Clang; for files that all have the same options) standard headers are read
once for many files, see shared_includes.py.
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

from shared_includes import SharedIncludes


ROOT = pathlib.Path(__file__).resolve().parent.parent


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


def check(entry, compiler, precompiled=None):
    command = syntax_command(entry, compiler)
    if precompiled:
        command += ["-include-pch", str(precompiled)]
    run = subprocess.run(command, cwd=entry["directory"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return run.returncode, run.stdout


def precompile(entry, compiler, header):
    """Compiles `header` with the options of `entry`; the result's path."""
    words = [word for word in syntax_command(entry, compiler) if word not in ("-fsyntax-only", entry["file"])]
    output = header.with_suffix(".pch")
    subprocess.run([*words, "-x", "c++-header", str(header), "-o", str(output)], cwd=entry["directory"], check=True)
    return output


def precompiled_sets(entries, compiler, folder, pool):
    """For each entry's file what is precompiled for it."""
    shared = SharedIncludes([pathlib.Path(entry["file"]) for entry in entries], ROOT, folder)
    outputs = dict(zip(shared.headers, pool.map(lambda header: precompile(entries[0], compiler, header), shared.headers)))
    return {entry["file"]: outputs.get(shared.header_for(pathlib.Path(entry["file"]))) for entry in entries}


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("\n")[0].removeprefix("usage: "))
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("-j", type=int, default=os.cpu_count())
    options.add_argument("--only", default="", help="of the files' paths")
    options.add_argument("--exclude", default="$^")
    options.add_argument("--compiler")
    options.add_argument("--share-includes", action="store_true")
    given = options.parse_args()
    entries = [entry for entry in json.loads((given.build / "compile_commands.json").read_text())
               if re.search(given.only, entry["file"]) and not re.search(given.exclude, entry["file"]) and "/pch/" not in entry["file"]]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(given.j) as pool:
        sets = {}
        if given.share_includes:
            sets = precompiled_sets(entries, given.compiler, given.build.resolve() / "shared_includes", pool)
        runs = {pool.submit(check, entry, given.compiler, sets.get(entry["file"])): entry for entry in entries}
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
