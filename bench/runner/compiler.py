"""What the compiler takes."""
import os
import pathlib
import resource
import subprocess

from loads import LoadFailed

ROOT = pathlib.Path(__file__).resolve().parents[2]


def compile_seconds(bench, text, level="-O2"):
    """Its CPU time for a file of that text."""
    source = bench.work / "source.cc"
    source.write_text(text, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", level, f"-I{ROOT}", "-c", source, "-o", os.devnull],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LoadFailed(f"the compiler ended with status {done.returncode}: {done.stderr[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
