"""Messages read and built, and their transfer encodings, by posthouse::mime and other libraries: per second of CPU."""
import contextlib
import json
import pathlib
import subprocess
import sys

from servers import StartFailed
from table import OURS, Row, at_least

PEERS = {"GMime": "gmime", "VMime": "vmime", "mimetic": "mimetic", "libEtPan": "etpan", "POCO": "poco"}
GENERATOR = pathlib.Path(__file__).parents[3] / "shared/bench/libs/mime/gen_corpus.py"


def sides(bench, program):
    return {"ours": [bench.binaries / f"mime_{program}"]} | {
        name: bench.peer(f"{program}_{peer}") for name, peer in PEERS.items()}


def run(bench, command, *words):
    return bench.loads.run([*command, *words], program=pathlib.Path(command[0]).name)


def full(bench, corpus, title, goal):
    """Every field decoded, every text to UTF-8, every file decoded. The texts and files must be those of the peers."""
    title = f"{title}, everything decoded"
    results = bench.in_turn(title, 5, sides(bench, "parse"), lambda command: run(bench, command, bench.corpora / corpus, 3))
    ours = results["ours"][0]
    others = [name for name, rounds in results.items() if any(rounds[0][key] != ours[key] for key in ("text_sum", "file_sum"))]
    figures = {name: [one["mb_s"] for one in rounds] for name, rounds in results.items()}
    return Row(title, "MB/s", figures.pop("ours"), figures, (goal,), paired=True,
               fault=f"{', '.join(others)} read other texts or files" if others else "")


def parse(bench):
    """Small messages in many charsets, and messages with large attachments."""
    return [full(bench, "text.bin", "1,880 messages (16.5 MB)", at_least(6.9, "GMime")),
            full(bench, "attach.bin", "120 messages with attachments (143 MB)", at_least(3, "GMime"))]


def tree(bench):
    """The structure alone, no body decoded."""
    title = "120 messages with attachments (143 MB), the tree alone"
    figures = bench.in_turn(title, 5, {"ours": [bench.binaries / "mime_parse"]},
                            lambda command: run(bench, command, bench.corpora / "attach.bin", 5, "tree")["mb_s"], "MB/s")
    return [Row(title, "MB/s", figures["ours"], goals=(at_least(1500, OURS),))]


def build(bench):
    """Text, HTML, an inline image and an attachment of 1 MiB."""
    title = "a message of 1.5 MB built"
    figures = bench.in_turn(title, 5, sides(bench, "build"), lambda command: run(bench, command)["msgs_s"], "messages/s")
    return [Row(title, "messages/s", figures.pop("ours"), figures, (at_least(3),), paired=True)]


def peers_codecs(bench):
    """GB/s by (what, library) of the peers' program, which measures all of them in one run."""
    command = bench.peer("codec")
    if command is None:
        return {}
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = map(json.loads, done.stdout.splitlines())
    return {(line["what"], line["lib"]): line["gb_s"] for line in lines}


def codecs(bench):
    """1 MiB of random octets in base64, 256 KiB of mostly ASCII text in quoted-printable; decoded octets count."""
    bench.say("  transfer encodings")
    theirs = peers_codecs(bench)
    rounds = [run(bench, [bench.binaries / "mime_codec"]) for _ in range(bench.rounds(5))]
    names = {"b64dec": "base64 decoded", "b64enc": "base64 encoded", "qpdec": "quoted-printable decoded",
             "qpenc": "quoted-printable encoded"}
    rows = []
    for what, title in names.items():
        peers = {name: [theirs[what, lib]] for name, lib in
                 {"GMime": "gmime", "VMime": "vmime", "mimetic": "mimetic", "libEtPan": "libetpan",
                  "POCO": "poco stream"}.items() if (what, lib) in theirs}
        ours = [one[what] for one in rounds]
        bench.say(f"    {title}: {ours}")
        rows.append(Row(title, "GB/s", ours, peers, (at_least(5 if what.startswith("b64") else 1, OURS),)))
    rows.append(Row("memcpy of 1 MiB", "GB/s", [one["memcpy"] for one in rounds]))
    return rows


@contextlib.contextmanager
def prepared(bench, names):
    """The corpora are made once; the generator has a fixed seed."""
    bench.corpora = bench.binaries.parents[1] / "bench/corpora"
    if {"parse", "tree"} & set(names) and not (bench.corpora / "attach.bin").exists():
        if not GENERATOR.exists():
            raise StartFailed(f"the corpora are made by {GENERATOR}, which is not there")
        bench.corpora.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, GENERATOR, bench.corpora], check=True, stdout=subprocess.DEVNULL)
    yield


MEASURES = {measure.__name__: measure for measure in (parse, tree, build, codecs)}
