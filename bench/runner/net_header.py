"""What including the library costs a translation unit: the CPU time of the compiler, with the header less without it."""
import os
import pathlib
import resource
import subprocess

from loads import LoadFailed
from table import OURS, Row, at_most

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What nearly every program includes, whatever else it does.
STANDARD = ("chrono", "memory", "optional", "span", "string", "string_view", "vector")
PEERS = {"Asio": "boost/asio.hpp", "POCO": "Poco/Net/StreamSocket.h", "libuv": "uv.h"}


def compile_seconds(bench, headers):
    source = bench.work / "header.cc"
    source.write_text("".join(f"#include <{header}>\n" for header in headers), encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([os.environ.get("CXX", "g++"), "-std=c++20", "-O2", f"-I{ROOT}", "-c", source, "-o", os.devnull],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LoadFailed(f"the compiler ended with status {done.returncode}: {done.stderr[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def there(header):
    return any(pathlib.Path(folder, header).exists() for folder in ("/usr/include", "/usr/local/include"))


def added_to(bench, title, present, sides):
    def added(header):
        return compile_seconds(bench, (*present, header)) - compile_seconds(bench, present)

    figures = bench.in_turn(title, 7, sides, added, "s CPU")
    return Row(title, "s CPU", figures.pop("ours"), figures, (at_most(0.25, OURS),), paired=True)


def header(bench):
    """stream.h in a file that has what everybody includes, and in an empty one."""
    sides = {"ours": "posthouse/net/stream.h"}
    if bench.use_peers:
        sides.update({name: path if there(path) else None for name, path in PEERS.items()})
    return [added_to(bench, "the library's header added to a file with <string>, <chrono>, <memory> and the like", STANDARD, sides),
            added_to(bench, "the library's header added to an empty file", (), sides)]


MEASURES = {"header": header}
