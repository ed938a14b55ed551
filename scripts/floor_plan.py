#!/usr/bin/env python3
"""Draws docs/floor-plan.svg: the modules as the build knows them, each with its rooms, the lowest room first.

    scripts/floor_plan.py BUILD          draws it anew; BUILD is a configured build folder. Needs graphviz (dot)
    scripts/floor_plan.py BUILD --check  status 1 when the picture is of another house

An arrow is a dependency; one that follows from two others is left out.
"""
import hashlib
import html
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "floor-plan.svg"
sys.path.insert(0, str(ROOT / "tests" / "docs"))
sys.dont_write_bytecode = True

from rooms import House, in_order  # noqa: E402

ROOMS_A_LINE = 4


def dependencies(build):
    """{module: the modules it stands on}, in the order of the build, from what CMake wrote down."""
    graph = {}
    for line in (build / "modules.txt").read_text().splitlines():
        name, *libraries = line.split()
        graph[name] = {library.removeprefix("posthouse::") for library in libraries if library.startswith("posthouse::")}
    return graph


def needed(graph):
    """The arrows of `graph` without those that follow from others."""
    below = {}
    for name, uses in graph.items():
        below[name] = uses.union(*(below[use] for use in uses))
    return {name: {use for use in uses if not any(use in below[other] for other in uses)} for name, uses in graph.items()}


def rooms_of(graph):
    """The folders of a module, the lowest first, in lines. (A file at the top of a module is not drawn.)"""
    folders = [room.rstrip("/") for room in in_order(graph) if room.endswith("/")]
    return [" · ".join(folders[i:i + ROOMS_A_LINE]) for i in range(0, len(folders), ROOMS_A_LINE)]


def label(name, lines):
    rows = [f'<TR><TD><FONT POINT-SIZE="15"><B>{html.escape(name)}</B></FONT></TD></TR>']
    rows += [f'<TR><TD><FONT POINT-SIZE="10" COLOR="#5b6470">{html.escape(line)}</FONT></TD></TR>' for line in lines]
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>>'


def drawing(build):
    graph = dependencies(build)
    house = House()
    house.check()
    lines = [
        "digraph posthouse {",
        '  graph [rankdir=TB, ranksep=0.45, nodesep=0.35, bgcolor="white", pad=0.2, fontname="Helvetica"];',
        '  node [shape=box, style="rounded,filled", fillcolor="#f6f1e4", color="#8a7b52", fontname="Helvetica"];',
        '  edge [color="#8a7b52", arrowsize=0.7];',
        f'  "apps/posthouse" [label={label("apps/posthouse", ["one file a command"])}, fillcolor="#e4ecf6", color="#52688a"];',
    ]
    lines += [f'  "{name}" [label={label(name, rooms_of(house.graphs[name]))}];' for name in graph]
    arrows = needed(graph)
    used = set().union(*arrows.values())
    arrows = {"apps/posthouse": {name for name in graph if name not in used}, **arrows}
    lines += [f'  "{name}" -> "{use}";' for name, uses in arrows.items() for use in sorted(uses)]
    return "\n".join(lines + ["}", ""])


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    folders = [argument for argument in arguments if argument != "--check"]
    if len(folders) != 1 or not (pathlib.Path(folders[0]) / "modules.txt").exists():
        sys.exit(__doc__)
    text = drawing(pathlib.Path(folders[0]))
    mark = f"<!-- floor plan {hashlib.sha256(text.encode()).hexdigest()} -->"
    if check:
        if not PICTURE.exists() or mark not in PICTURE.read_text():
            sys.exit(f"docs/{PICTURE.name} is not of this house: run scripts/floor_plan.py {folders[0]}")
        print(f"docs/{PICTURE.name} shows the modules and rooms that there are")
        return
    svg = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True).stdout
    PICTURE.write_text(f"{mark}\n{svg[svg.index('<svg'):]}")


main()
