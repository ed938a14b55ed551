"""Apache James's SMTP dialogues (../shared/corpus/james-mpt, not in this tree) played against a house.

What counts of a reply is its code, and of EHLO the keywords that the dialogue asks for. Status 0: all went as the dialogues say, but
for the steps that are argued here, which must not.
"""
import pathlib
import re
import sys

from dialogue import Dialogue
from posthouse_server import Posthouse

DIALOGUES = pathlib.Path(__file__).resolve().parents[3] / "shared/corpus/james-mpt/smtp"
EHLO_FIRST = "AUTH is of those who have said EHLO (RFC 4954 section 4)"
FORGOTTEN = "STARTTLS may come at any time, since all that was said before it is forgotten (RFC 3207 section 4.2)"
ARGUED = {  # by dialogue and number of the reply: the code here, and why
    ("authplain", 2): ("503", EHLO_FIRST),
    ("authplain", 3): ("500", EHLO_FIRST),
    ("authplain", 4): ("500", EHLO_FIRST),
    ("starttls_session_fixation", 8): ("220", FORGOTTEN),
}


def steps(path):
    """Lines that are said, each time with the replies that are wanted then; a reply is its lines."""
    said, wanted = [], []
    for line in path.read_text().split("\n"):
        if line.startswith("C:"):
            if wanted:
                yield said, wanted
                said, wanted = [], []
            said.append(line[2:].removeprefix(" "))
        elif line.startswith("S:"):
            pattern = line[2:].removeprefix(" ")
            if wanted and not re.match(r"\d{3} ", wanted[-1][-1]) and wanted[-1][-1] != "220 .*":
                wanted[-1].append(pattern)
            else:
                wanted.append([pattern])
    yield said, wanted


def play(path, address):
    """What went otherwise: number of the reply, what was wanted, what was said."""
    number, wrong = 0, []
    with Dialogue(address) as session:
        for said, wanted in steps(path):
            session.send("".join(line + "\r\n" for line in said))
            for patterns in wanted:
                number += 1
                reply = session.reply()
                keywords = {re.split("[ =]", pattern[4:])[0] for pattern in patterns[1:]}
                missing = [word for word in keywords if not re.search(rf"(?m)^250[- ]{word}\b", reply)]
                if reply[:3] != patterns[-1][:3] or missing:
                    wrong.append((number, patterns, reply))
    return wrong


def main():
    if not DIALOGUES.is_dir():
        print("skipped: James's dialogues are not here (../shared/corpus/james-mpt)")
        return 0
    failed = count = 0
    for path in sorted(DIALOGUES.glob("*.test")):
        count += 1
        with Posthouse("mydomain.tld", {"bob": "secret"}, listen=("smtp", "submission"), options=["--insecure-auth"]) as server:
            kind = "submission" if "auth" in path.read_text().lower() else "smtp"
            wrong = play(path, server.address(kind))
        argued = {number for name, number in ARGUED if name == path.stem}
        for number, patterns, reply in wrong:
            if ARGUED.get((path.stem, number), ("",))[0] != reply[:3]:
                print(f"{path.stem}: reply {number}: wanted {patterns}, got {reply!r}")
                failed += 1
        for number in argued - {number for number, _, _ in wrong}:
            print(f"{path.stem}: reply {number}: is as the dialogue says now, and has to leave the list")
            failed += 1
    print(f"{count} dialogues, {failed} replies otherwise; {len(ARGUED)} are argued")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
