"""Apache James's IMAP dialogues (../shared/corpus/james-mpt, not in this tree) played against a house.

    run.py [--trace] [DIALOGUE…]

Each dialogue has accounts of its own. Status 0: every step went as the dialogue says, but for those that deviations.py argues,
which must not. Free are James's wordings, the order of what has none in RFC 3501 and RFC 4314, the rights of old ("c" and "d"), and
the character between mailboxes.
"""
import argparse
import pathlib
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import deviations
import play
import script
import shared
from posthouse_server import Posthouse

DIALOGUES = pathlib.Path(__file__).resolve().parents[3] / "shared/corpus/james-mpt/imap"
PARTS = {"SelectedStateSetup", "SelectedStateCleanup"}  # of the others
SLOW = {"AuthenticatePlain", "Login", "LoginThreeStrikes"}  # a session waits after a wrong password, each time longer
AT_ONCE = 6  # dialogues; they mostly wait
MAILBOXES = {"AuthenticatePlain": ["imapuser"], "ListSpecialChar": ['"projects &- abc"', "&AOk-valuations", '"mailbox #17"']}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("dialogues", nargs="*")
    options = parser.parse_args()
    if not DIALOGUES.is_dir():
        print("skipped: James's dialogues are not here (../shared/corpus/james-mpt)")
        return 0
    left_out = PARTS | deviations.NOT_PLAYED.keys()
    paths = [p for p in sorted(DIALOGUES.rglob("*.test")) if p.stem not in left_out]
    if options.dialogues:
        paths = [p for p in paths if p.stem in options.dialogues]
    paths.sort(key=lambda path: path.stem not in SLOW)
    argued = deviations.by_dialogue()
    setup = script.Script(DIALOGUES / "SelectedStateSetup.test")
    wrong = passed = 0
    with tempfile.TemporaryDirectory() as folder, house(pathlib.Path(folder)) as server:
        def deviations_of(number, path):
            dialogue = script.Script(path)
            users = accounts(server, number, dialogue, MAILBOXES.get(path.stem, []))
            return play.Play(dialogue, server.address("imap"), users, print if options.trace else None).run(setup)

        with ThreadPoolExecutor(1 if options.trace else AT_ONCE) as pool:
            for path, found in zip(paths, pool.map(deviations_of, range(len(paths)), paths)):
                good = judged(path.stem, found, argued.pop(path.stem, {}))
                wrong += not good
                passed += good
        status = server.stop()
        problems = server.check()
    if not options.dialogues and argued:
        print("deviations.py argues what is not there:", *argued)
        wrong += 1
    print(f"{len(paths)} dialogues: {passed} as expected, {wrong} not; {deviations.count()} steps are argued")
    if status != 0 or problems:
        print(f"the house ended with status {status}; check: {problems}")
        return 1
    return 1 if wrong else 0


def judged(name, found, known):
    """True when the deviations of a dialogue are those that are known; prints the others."""
    new = [d for d in found if d.line_number not in known]
    better = known.keys() - {d.line_number for d in found}
    for deviation in new:
        print(f"{name}:{deviation.line_number}: {deviation.text}", flush=True)
    for line in sorted(better):
        print(f"{name}:{line}: goes as the dialogue says now, and has to leave deviations.py")
    return not new and not better


def house(folder):
    """One in which wrong passwords make nobody wait."""
    rules = folder / "posthouse.toml"
    rules.write_text('[limits]\nlogin_penalty = "0s"\n')
    return Posthouse(domain="one.test", listen=("imap",), options=["--insecure-auth", "--config", rules])


def accounts(server, number, dialogue, mailboxes):
    """Accounts that have an INBOX only, as James's have, and what James's tests make in Java."""
    users = {}
    for name in ["imapuser", *shared.others(dialogue)]:
        users[name] = f"{name}{number}@one.test"
        server.add_account(users[name].partition("@")[0], "password")
    for name, address in users.items():
        with play.LoggedIn(server.address("imap"), address) as session:
            clear(session)
            for mailbox in mailboxes if name == "imapuser" else ():
                session.ask(f"CREATE {mailbox}")
            shared.prepare(session, name, dialogue, users["imapuser"])
    return users


def clear(session):
    for response in session.ask('LIST "" *'):
        name = response.rsplit(" ", 1)[1]
        if response.startswith("* LIST") and name != "INBOX":
            session.ask(f"DELETE {name}")
            session.ask(f"UNSUBSCRIBE {name}")


if __name__ == "__main__":
    sys.exit(main())
