#!/usr/bin/env python3
"""Holds docs/tutorial, docs/cookbook.md and the programs in docs/net.md against the code.

A fenced block that follows the line "<!-- examples/FILE -->" must be that file, its leading comment aside; one that
follows "<!-- part of examples/FILE -->" must be lines of it, in one piece, perhaps indented less. Each page must show the
same blocks in English (NAME.md) and Chinese (NAME.zh-CN.md), and every link must lead somewhere. In docs/net.md all
blocks of C++ must name their file.

    tutorial.py [ROOT]      --fill: puts the files as they are into the blocks that name them
"""
import argparse
import itertools
import pathlib
import re
import sys
import textwrap

MARKED = re.compile(r"^<!-- (part of )?(\S+/\S+) -->\n```(\w*)\n(.*?)^```$", re.M | re.S)
MARKER = re.compile(r"^<!-- (?:part of )?\S+/\S+ -->$", re.M)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def program(path):
    """What a block shows of a file: all but the comment it opens with."""
    comment = "#" if path.suffix == ".py" else "//"
    lines = path.read_text().splitlines(keepends=True)
    return "".join(itertools.dropwhile(lambda line: line.startswith(comment) or not line.strip(), lines))


def is_part(piece, whole):
    wanted, lines = piece.splitlines(), whole.splitlines()
    for start in range(len(lines) - len(wanted) + 1):
        if textwrap.dedent("\n".join(lines[start:start + len(wanted)])) == textwrap.dedent("\n".join(wanted)):
            return bool(piece.strip())
    return False


def slug(heading):
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path):
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", path.read_text(), re.M)}


def check_blocks(root, page, text):
    if len(MARKER.findall(text)) != len(MARKED.findall(text)):
        yield f"{page.name}: a line that names a file has no block after it"
    for part, name, _, block in MARKED.findall(text):
        path = root / name
        if not path.is_file():
            yield f"{page.name}: {name} does not exist"
        elif part and not is_part(block, path.read_text()):
            yield f"{page.name}: a block is no part of {name}"
        elif not part and block != program(path):
            yield f"{page.name}: the block is not {name} as it is (tutorial.py --fill puts it in)"


def check_links(page, text):
    for target in LINK.findall(re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        if not path.exists():
            yield f"{page.name}: nothing at {target}"
        elif anchor and anchor not in anchors(path):
            yield f"{page.name}: no such heading: {target}"


def check_languages(pages):
    for page in pages:
        stem = page.name.removesuffix(".md").removesuffix(".zh-CN")
        twin = page.with_name(stem + (".md" if page.name.endswith(".zh-CN.md") else ".zh-CN.md"))
        if not twin.exists():
            yield f"{page.name} has no {twin.name}"
        elif MARKED.findall(page.read_text()) != MARKED.findall(twin.read_text()):
            yield f"{page.name} and {twin.name} do not show the same programs"


def fill(root, pages):
    def filled(match):
        path = root / match.group(2)
        if match.group(1) or not path.is_file():
            return match.group(0)
        return f"<!-- {match.group(2)} -->\n```{match.group(3)}\n{program(path)}```"

    for page in pages:
        page.write_text(MARKED.sub(filled, page.read_text()))


arguments = argparse.ArgumentParser()
arguments.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
arguments.add_argument("--fill", action="store_true")
options = arguments.parse_args()
pages = sorted([*(options.root / "docs/tutorial").glob("*.md"), *(options.root / "docs").glob("cookbook*.md")])
manual = options.root / "docs/net.md"
if options.fill:
    fill(options.root, [*pages, manual])
problems = list(check_languages(pages))
if manual.read_text().count("```cpp\n") != len(MARKED.findall(manual.read_text())):
    problems.append(f"{manual.name}: a block of C++ names no file")
for page in [*pages, manual]:
    problems += check_blocks(options.root, page, page.read_text())
    problems += check_links(page, page.read_text())
blocks = sum(len(MARKED.findall(page.read_text())) for page in pages)
if blocks < 8:
    problems.append(f"only {blocks} blocks were understood")
print("\n".join(problems) or f"{len(pages)} pages, {blocks} blocks as the files are")
sys.exit(1 if problems else 0)
