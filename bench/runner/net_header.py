"""What including the library costs a translation unit: the CPU time of the compiler, with the header less without it."""
import pathlib

from compiler import compile_seconds
from table import OURS, Row, at_most

# What nearly every program includes, whatever else it does.
STANDARD = ("chrono", "memory", "optional", "span", "string", "string_view", "vector")
PEERS = {"Asio": "boost/asio.hpp", "POCO": "Poco/Net/StreamSocket.h", "libuv": "uv.h"}


def there(header):
    return any(pathlib.Path(folder, header).exists() for folder in ("/usr/include", "/usr/local/include"))


def added_to(bench, title, present, sides):
    def including(headers):
        return compile_seconds(bench, "".join(f"#include <{header}>\n" for header in headers))

    def added(header):
        return including((*present, header)) - including(present)

    figures = bench.in_turn(title, 7, sides, added, "s CPU")
    return Row(title, "s CPU", figures.pop("ours"), figures, (at_most(0.25, OURS),), paired=True)


def header(bench):
    """stream.h in a file that has what everybody includes, and in an empty one."""
    sides = {"ours": "posthouse/net/stream/stream.h"}
    if bench.use_peers:
        sides.update({name: path if there(path) else None for name, path in PEERS.items()})
    return [added_to(bench, "the library's header added to a file with <string>, <chrono>, <memory> and the like", STANDARD, sides),
            added_to(bench, "the library's header added to an empty file", (), sides)]


MEASURES = {"header": header}
