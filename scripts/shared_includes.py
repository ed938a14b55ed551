"""Precompiled sets of standard headers for files that are read alone.

Most of the time a small header takes is its standard headers. A set of them that is precompiled hides nothing from a file
that includes all of the set by itself, or by headers of the project's own: so each file gets the largest such set, and the
sets are chosen by how much reading they save.
"""
import functools
import pathlib
import re

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
MOST_SETS = 12
# Of one reading of a set: what it costs to write it down.
COST = 1.5
# What these take, in <cstdint>s or so; the others count as 1. Only the choice depends on them.
WEIGHT = {"chrono": 8, "filesystem": 8, "functional": 8, "memory": 8, "mutex": 6, "ranges": 8, "string": 10, "thread": 8,
          "variant": 4, "vector": 4}


def weight(names):
    return sum(WEIGHT.get(name, 1) for name in names)


@functools.lru_cache(None)
def direct_includes(path):
    text = path.read_text(encoding="utf-8")
    return [(bool(match[1]), match[1] or match[2]) for match in INCLUDE.finditer(text)]


def standard_includes(path, root):
    """The names in angle brackets that `path` includes itself, or by files below `root`."""
    names, seen, waiting = set(), set(), [path]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for angled, name in direct_includes(file):
            if angled:
                names.add(name)
            elif (root / name).is_file():
                waiting.append(root / name)
    return frozenset(names)


def choose_sets(wanted):
    """Sets for files of which each wants a set of `wanted`: greedily those that save the most."""
    chosen = []

    def best(names):
        return max((weight(other) for other in chosen if other <= names), default=0)

    def saving(candidate):
        return sum(max(0, weight(candidate) - best(names)) for names in wanted if candidate <= names) \
            - COST * weight(candidate)

    candidates = set(wanted)
    while candidates and len(chosen) < MOST_SETS:
        candidate = max(candidates, key=lambda one: (saving(one), sorted(one)))
        if saving(candidate) <= 0:
            break
        chosen.append(candidate)
        candidates.remove(candidate)
    return chosen


class SharedIncludes:
    """The sets, each in a header of its own below `folder`, for the files of `paths`."""

    def __init__(self, paths, root, folder):
        self.names = {path: standard_includes(path, root) for path in paths}
        self.sets = sorted(choose_sets(list(self.names.values())), key=weight, reverse=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.headers = [folder / f"{number}.h" for number in range(len(self.sets))]
        for header, names in zip(self.headers, self.sets):
            header.write_text("".join(f"#include <{name}>\n" for name in sorted(names)))

    def header_for(self, path):
        """The header with the largest set that `path` includes all of; None: no set fits."""
        for header, names in zip(self.headers, self.sets):
            if names <= self.names[path]:
                return header
        return None
