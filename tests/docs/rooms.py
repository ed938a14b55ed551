#!/usr/bin/env python3
"""Holds the tree to its floor plan: modules use only the modules they say they stand on, and rooms only rooms below.

A room is a folder, or, at the top of a module, a file with its header; what one file includes is what its room uses.
Rooms of a module may not use each other in a circle. Looked at is what the module is built of: the SOURCES and HEADERS
of its posthouse_module() and all that these include; so tests and their helpers may reach where they like.

    rooms.py            says what is wrong; status 1 when anything is
    rooms.py --all      also asks the modules that are not held to it yet
    rooms.py --print    also prints the floor plan: modules and rooms, each after those it uses
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOUSE = ROOT / "posthouse"
# Their rooms still have circles.
NOT_YET = set() if "--all" in sys.argv[1:] else set()

Use = collections.namedtuple("Use", "file line target")  # the file, the number of the line, what it includes


class Module:
    def __init__(self, name):
        self.name = name
        self.lists = collections.defaultdict(list)
        text = (HOUSE / name / "CMakeLists.txt").read_text()
        call = re.search(r"^posthouse_module\(([^()]*)\)", re.sub(r"#.*", "", text), re.MULTILINE)
        if not call:
            raise SystemExit(f"posthouse/{name}/CMakeLists.txt has no posthouse_module(…) that this script understands")
        words = call.group(1).split()
        if words[0] != name:
            raise SystemExit(f"posthouse/{name}/CMakeLists.txt makes a module called {words[0]}")
        current = None
        for word in words[1:]:
            if re.fullmatch(r"[A-Z_]+", word):
                current = word
            else:
                self.lists[current].append(word)
        self.headers = self.files("HEADERS")
        self.sources = self.files("SOURCES")
        self.not_said = collections.defaultdict(list)  # a module that is not in its lists: where it is used

    def files(self, key):
        return {f"posthouse/{self.name}/{each}" for each in self.lists[key] if not each.startswith("../")}

    def stands_on(self, key):
        """The names of the house's modules in that list of the module's."""
        return {word.removeprefix("posthouse::") for word in self.lists[key] if word.startswith("posthouse::")}


def uses_of(file):
    """The headers of the house that `file` includes."""
    found = []
    for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            found.append(Use(file, number, match.group(1)))
    return found


def module_of(file):
    parts = file.split("/")
    return parts[1] if parts[0] == "posthouse" and len(parts) > 2 else None


def room_of(file):
    parts = file.split("/")[2:]
    return "/".join(parts[:-1]) + "/" if len(parts) > 1 else parts[0].rsplit(".", 1)[0]


def is_umbrella(file):
    """True for the header that only brings others of its module together: posthouse/net/net.h."""
    parts = file.split("/")
    if len(parts) != 3 or parts[2] != f"{parts[1]}.h" or not (ROOT / file).exists():
        return False
    return not re.sub(r"//.*|^#.*", "", (ROOT / file).read_text(), flags=re.MULTILINE).strip()


def said(use):
    return f'  {use.file}:{use.line}: #include "{use.target}"'


def shortest_circle(graph):
    """The uses that make the shortest circle of `graph`: {room: {room it uses: a Use}}; none when it has no circle."""
    best = None
    for start in sorted(graph):
        came_by = {}
        waiting = collections.deque([start])
        while waiting and start not in came_by:
            room = waiting.popleft()
            for other in sorted(graph[room]):
                if other not in came_by:
                    came_by[other] = room
                    waiting.append(other)
        if start not in came_by:
            continue
        circle, room = [], start
        while True:
            circle.insert(0, graph[came_by[room]][room])
            room = came_by[room]
            if room == start:
                break
        if best is None or len(circle) < len(best):
            best = circle
    return best or []


def in_order(graph):
    """The rooms, each after those it uses, as far as there is no circle."""
    left, order = {room: set(uses) for room, uses in graph.items()}, []
    while left:
        free = sorted(room for room, uses in left.items() if not (uses & left.keys()) - {room})
        if not free:
            free = [min(left, key=lambda room: (len(left[room] & left.keys()), room))]
        order += free
        for room in free:
            del left[room]
    return order


class House:
    def __init__(self):
        order = re.sub(r"#.*", "", (HOUSE / "CMakeLists.txt").read_text())
        names = []
        for variable, items, single in re.findall(r"foreach\((\w+) ([^)]*)\)|add_subdirectory\((\w+)\)", order):
            names += items.split() if variable else [single]
        self.modules = {name: Module(name) for name in names}
        self.problems = []
        self.graphs = {}

    def public_closure(self, names):
        seen, waiting = set(), set(names)
        while waiting:
            name = waiting.pop()
            if name not in seen and name in self.modules:
                seen.add(name)
                waiting |= self.modules[name].stands_on("DEPENDS")
        return seen

    def look_at(self, module):
        graph = self.graphs[module.name] = collections.defaultdict(dict)
        headers_may = self.public_closure(module.stands_on("DEPENDS"))
        sources_may = self.public_closure(module.stands_on("DEPENDS") | module.stands_on("PRIVATE_DEPENDS"))
        for below in sources_may:
            if list(self.modules).index(below) >= list(self.modules).index(module.name):
                self.problems.append(f"{module.name} stands on {below}, which is built after it")
        # What the public headers include is public, too.
        public = set()
        waiting = sorted(module.headers)
        seen = set(waiting)
        for are_public in (True, False):
            if not are_public:
                waiting = sorted(module.sources - seen)
                seen |= set(waiting)
            while waiting:
                file = waiting.pop()
                public |= {file} if are_public else set()
                graph[room_of(file)]
                for use in uses_of(file):
                    self.look_at_use(module, use, headers_may if file in public else sources_may, graph)
                    if module_of(use.target) == module.name and use.target not in seen and (ROOT / use.target).exists():
                        seen.add(use.target)
                        waiting.append(use.target)
        for other, uses in module.not_said.items():
            self.problems.append("\n".join([f"{module.name} does not say that it stands on {other} "
                                            "(a public header may use only what DEPENDS names):"] + [said(use) for use in uses]))
        if module.name in NOT_YET:
            return
        circle = shortest_circle(graph)
        if circle:
            rooms = " → ".join([room_of(use.file) for use in circle] + [room_of(circle[0].file)])
            self.problems.append("\n".join([f"{module.name} has a circle of rooms: {rooms}"] + [said(use) for use in circle]))

    def look_at_use(self, module, use, may, graph):
        other = module_of(use.target)
        if other not in self.modules:
            return
        if other == module.name and is_umbrella(use.target):
            self.problems.append(f"the umbrella header is for those outside of {module.name}:\n{said(use)}")
        if other == module.name:
            here, there = room_of(use.file), room_of(use.target)
            if here != there:
                graph[here].setdefault(there, use)
        elif other not in may:
            module.not_said[other].append(use)

    def check(self):
        for module in self.modules.values():
            self.look_at(module)
        for name in NOT_YET - self.modules.keys():
            self.problems.append(f"there is no module {name} to be excepted")

    def print_plan(self):
        for name, module in self.modules.items():
            below = sorted(module.stands_on("DEPENDS") | module.stands_on("PRIVATE_DEPENDS"))
            print(f"{name}" + (f"  (on {', '.join(below)})" if below else ""))
            graph = self.graphs[name]
            for room in in_order(graph):
                uses = sorted(graph[room])
                print(f"  {room:24}" + (f" uses {', '.join(uses)}" if uses else ""))


def main():
    house = House()
    house.check()
    if "--print" in sys.argv[1:]:
        house.print_plan()
    rooms = sum(map(len, house.graphs.values()))
    print("\n".join(house.problems) or f"{len(house.modules)} modules, {rooms} rooms, no circles"
          + (f" (not asked: {', '.join(sorted(NOT_YET))})" if NOT_YET else ""))
    sys.exit(1 if house.problems else 0)


if __name__ == "__main__":
    main()
