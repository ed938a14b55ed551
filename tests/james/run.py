"""Apache James's IMAP dialogues (../shared/corpus/james-mpt, not in this tree) played against a house.

    run.py [--trace] [--shared] [DIALOGUE…]

Each dialogue has accounts of its own. Status 0: every step went as the dialogue says, but for those that deviations.py argues,
which must not. Free are James's wordings, the order of what has none in RFC 3501, and the character between mailboxes.
"""
import argparse
import pathlib
import sys

import deviations
import play
import script
import shared
from posthouse_server import Posthouse

DIALOGUES = pathlib.Path(__file__).resolve().parents[3] / "shared/corpus/james-mpt/imap"
PARTS = {"SelectedStateSetup", "SelectedStateCleanup"}  # of the others
LAST = {"AuthenticatePlain", "Login", "LoginThreeStrikes"}  # wrong passwords make whoever follows wait
MAILBOXES = {"AuthenticatePlain": ["imapuser"], "ListSpecialChar": ['"projects &- abc"', "&AOk-valuations", '"mailbox #17"']}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--shared", action="store_true", help="those too that want mailboxes of other users")
    parser.add_argument("dialogues", nargs="*")
    options = parser.parse_args()
    if not DIALOGUES.is_dir():
        print("skipped: James's dialogues are not here (../shared/corpus/james-mpt)")
        return 0
    left_out = PARTS | deviations.NOT_PLAYED.keys()
    if not options.shared:
        left_out |= set(deviations.WAITING_FOR_SHARED_MAILBOXES)
    paths = [p for p in sorted(DIALOGUES.rglob("*.test")) if p.stem not in left_out]
    paths.sort(key=lambda path: path.stem in LAST)
    if options.dialogues:
        paths = [p for p in paths if p.stem in options.dialogues]
    argued = deviations.by_dialogue()
    setup = script.Script(DIALOGUES / "SelectedStateSetup.test")
    wrong = passed = 0
    with Posthouse(domain="one.test", listen=("imap",), options=["--insecure-auth"]) as server:
        for number, path in enumerate(paths):
            dialogue = script.Script(path)
            names = accounts(server, number, dialogue, MAILBOXES.get(path.stem, []))
            found = play.Play(dialogue, server.address("imap"), names, print if options.trace else None).run(setup)
            known = argued.pop(path.stem, {})
            new = [d for d in found if d.line_number not in known]
            better = known.keys() - {d.line_number for d in found}
            for deviation in new:
                print(f"{path.stem}:{deviation.line_number}: {deviation.text}", flush=True)
            for line in sorted(better):
                print(f"{path.stem}:{line}: goes as the dialogue says now, and has to leave deviations.py")
            wrong += bool(new or better)
            passed += not new and not better
        status = server.stop()
        problems = server.check()
    if not options.dialogues and argued:
        print("deviations.py argues what is not there:", *argued)
        wrong += 1
    print(f"{len(paths)} dialogues: {passed} as expected, {wrong} not; {deviations.count()} steps are argued")
    if not options.shared:
        print(f"not played, since they want mailboxes of other users: {len(deviations.WAITING_FOR_SHARED_MAILBOXES)}")
    if status != 0 or problems:
        print(f"the house ended with status {status}; check: {problems}")
        return 1
    return 1 if wrong else 0


def accounts(server, number, dialogue, mailboxes):
    """Accounts that have an INBOX only, as James's have, and what James's tests make in Java."""
    names = {}
    for name in ["imapuser", *shared.others(dialogue)]:
        names[name] = f"{name.lower()}{number}@one.test"
        server.add_account(names[name].partition("@")[0], "password")
        with play.LoggedIn(server.address("imap"), names[name]) as session:
            clear(session)
            for mailbox in mailboxes if name == "imapuser" else ():
                session.ask(f"CREATE {mailbox}")
            shared.prepare(session, name, dialogue, names["imapuser"])
    return names


def clear(session):
    for response in session.ask('LIST "" *'):
        name = response.rsplit(" ", 1)[1]
        if response.startswith("* LIST") and name != "INBOX":
            session.ask(f"DELETE {name}")
            session.ask(f"UNSUBSCRIBE {name}")


if __name__ == "__main__":
    sys.exit(main())
