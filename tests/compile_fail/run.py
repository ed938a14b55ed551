#!/usr/bin/env python3
"""Mistakes that the compiler has to tell in few words.

Each file of cases/ is right as it stands and wrong with -DWRONG. Then the first error must hold the words after
"// expect:" (after "// expect clang:" where Clang's are others), and all that the compiler says must fit on a screen.
Lines that only say which header includes which are not counted: they depend on what else a program includes.

    run.py COMPILER…        those that are not there are skipped
"""
import concurrent.futures
import functools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]


def precompile(compiler, folder):
    """The flags by which a compiler takes entities.h from here."""
    is_clang = "clang" in pathlib.Path(compiler).name
    header = folder / f"{pathlib.Path(compiler).name}-entities.h"
    output = header.with_name(header.name + (".pch" if is_clang else ".gch"))
    subprocess.run([compiler, "-std=c++20", f"-I{root}", "-x", "c++-header", here / "entities.h", "-o", output], check=True)
    return ["-include-pch", str(output)] if is_clang else ["-include", str(header)]


@functools.cache
def most_lines(compiler):
    """GCC shows the code at every step of an instantiation from version 13 on."""
    if "clang" in pathlib.Path(compiler).name:
        return 20
    version = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True, check=True).stdout
    return 28 if int(version.split(".")[0]) >= 13 else 20


def compile_file(compiler, path, *flags):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-fdiagnostics-color=never", f"-I{root}", *PRECOMPILED[compiler],
               *flags, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stderr


def expected(text, compiler):
    clang = re.search(r"^// expect clang: (.*)$", text, re.M)
    return (clang if clang and "clang" in pathlib.Path(compiler).name else re.search(r"^// expect: (.*)$", text, re.M)).group(1)


def check(compiler, path):
    name = f"{pathlib.Path(compiler).name} {path.name}"
    words = expected(path.read_text(), compiler)
    status, said = compile_file(compiler, path, "-DWRONG")
    if status == 0:
        return f"{name}: it compiles"
    first = next((line for line in said.splitlines() if "error:" in line), "")
    lines = sum(1 for line in said.splitlines() if not re.match(r"In file included from|\s+from .*[:,]$", line))
    if words not in first:
        return f"{name}: expected: {words}\n{said}"
    if lines > most_lines(compiler):
        return f"{name}: {lines} lines, at most {most_lines(compiler)}\n{said}"
    print(f"{name:45} {lines:3} lines")
    return None


def check_right(compiler, cases):
    """All cases in one unit, as they should be."""
    with tempfile.NamedTemporaryFile("w", suffix=".cc") as unit:
        unit.write("".join(f'#include "{path}"\n' for path in cases))
        unit.flush()
        status, said = compile_file(compiler, unit.name)
        return None if status == 0 else f"{compiler}: the cases are wrong without -DWRONG\n{said}"


cases = sorted((here / "cases").glob("*.cc"))
problems = [] if len(cases) >= 12 else [f"only {len(cases)} cases"]
compilers = []
for each in dict.fromkeys(sys.argv[1:]):
    if shutil.which(each):
        compilers.append(each)
    else:
        print(f"skipped: {each} is not there")
folder = tempfile.TemporaryDirectory()
PRECOMPILED = {compiler: precompile(compiler, pathlib.Path(folder.name)) for compiler in compilers}
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    jobs = [pool.submit(check_right, compiler, cases) for compiler in compilers]
    jobs += [pool.submit(check, compiler, path) for compiler in compilers for path in cases]
    problems += [problem for problem in (job.result() for job in jobs) if problem]
if not compilers:
    problems.append("no compiler")
print("\n".join(problems) or f"{len(cases)} mistakes, each told on a few lines")
sys.exit(1 if problems else 0)
