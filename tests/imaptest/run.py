"""ImapTest's scripts (../shared/corpus/imaptest, not in this tree) played against a house, or against any server.

    run.py [--server HOST:PORT --user USER --password PASSWORD] [--trace] [SCRIPT…]

Each script has an account of its own. Status 0: all passed but those in UNSUPPORTED, for which a capability may be missing, and
those in NOT_YET, which must not pass.
"""
import argparse
import pathlib
import sys

import play
import script
from posthouse_server import Posthouse

SCRIPTS = pathlib.Path(__file__).resolve().parents[3] / "shared/corpus/imaptest/scripted"
UNSUPPORTED = {"urlauth", "urlauth-binary", "urlauth2"}
NOT_YET = {}  # what is missing, by script; one that passes has to leave the list


def outcome(path, address, user, password, trace):
    """None when all went well; else why not, and whether a capability was missing."""
    try:
        play.Play(script.Script(path), address, user, password, trace=trace).run()
        return None
    except play.Skipped as why:
        return str(why), True
    except (play.Failure, OSError) as why:
        return str(why) or repr(why), False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server")
    parser.add_argument("--user", default="test")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("scripts", nargs="*")
    options = parser.parse_args()
    if not SCRIPTS.is_dir():
        print("skipped: ImapTest's scripts are not here (../shared/corpus/imaptest)")
        return 0
    paths = [p for p in sorted(SCRIPTS.iterdir()) if p.is_file() and p.suffix != ".mbox"]
    if options.scripts:
        paths = [p for p in paths if p.name in options.scripts]
    trace = print if options.trace else None
    if options.server:
        host, _, port = options.server.rpartition(":")
        user, password = options.user.encode(), options.password.encode()
        results = {p.name: outcome(p, (host, int(port)), user, password, trace) for p in paths}
        NOT_YET.clear()  # they are what this house lacks
        return report(results)
    with Posthouse(domain="one.test", listen=("imap",), options=["--insecure-auth"]) as server:
        results = {}
        for number, path in enumerate(paths):
            server.add_account(f"user{number}", "secret")
            user = b"user%d@one.test" % number
            results[path.name] = outcome(path, server.address("imap"), user, b"secret", trace)
            if results[path.name]:
                print(f"{path.name}: {results[path.name][0]}", flush=True)
        status = server.stop()
        problems = server.check()
    if status != 0 or problems:
        print(f"the house ended with status {status}; check: {problems}")
        return 1
    return report(results)


def report(results):
    skipped = sorted(name for name, why in results.items() if why and why[1] and name in UNSUPPORTED)
    known = sorted(name for name, why in results.items() if why and name in NOT_YET)
    failed = sorted(name for name, why in results.items() if why and name not in skipped and name not in known)
    better = sorted(name for name, why in results.items() if not why and name in NOT_YET)
    passed = sum(not why for why in results.values())
    print(f"{len(results)} scripts: {passed} passed; failed: {' '.join(failed) or 'none'}")
    print(f"skipped for a missing capability: {' '.join(skipped) or 'none'}")
    for name in known:
        print(f"fails as is known: {name}: {NOT_YET[name]}")
    for name in better:
        print(f"passes now, and has to leave the list of those that do not: {name}")
    return 1 if failed or better else 0


if __name__ == "__main__":
    sys.exit(main())
