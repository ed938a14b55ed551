#!/usr/bin/env python3
"""A disk that fills up: messages get a temporary failure, none that got its 250 is lost, and the server goes on when
there is space again. Needs the right to mount a small tmpfs; without it, it says that it was skipped."""
import os
import pathlib
import shutil
import smtplib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
from load import count_arrivals, fetch_all, make_message  # noqa: E402
from posthouse_server import Posthouse  # noqa: E402


def campaign(folder):
    server = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "pop3"), options=["--insecure-auth"], data=folder / "data")
    server.log_path = folder.parent / (folder.name + ".log")
    acknowledged, refused, number = set(), 0, 0
    with server:
        def send(size):
            nonlocal number, refused
            with smtplib.SMTP(*server.address("smtp"), timeout=30) as client:
                name = b"1-%d" % number
                message = make_message(1, number, size)
                number += 1
                try:
                    client.sendmail("load@load.test", ["ann@one.test"], message)
                    acknowledged.add(name)
                    return True
                except (smtplib.SMTPDataError, smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
                    code = getattr(error, "smtp_code", None) or next(iter(error.recipients.values()))[0]
                    assert code in (451, 452), error
                    refused += 1
                    return False

        ballast = folder / "ballast"
        ballast.write_bytes(b"\0" * 4_000_000)
        for size in (300_000, 4_000):  # large bodies fill it with files, small ones then fill the database
            while send(size):
                assert number < 5_000, "the disk never got full"
            for _ in range(3):
                send(size)
        assert refused >= 2
        before = len(acknowledged)
        ballast.unlink()
        for _ in range(10):
            send(4_000)
            send(300_000)
        assert len(acknowledged) == before + 20, "it did not recover when there was space again"
        arrived = count_arrivals(fetch_all(server.ports["pop3"], "ann@one.test", "secret"))
        assert not acknowledged - arrived.keys(), "acknowledged messages are lost"
        assert all(times == 1 for times in arrived.values()), "doubled messages"
        assert server.stop() == 0
        report = server.check()
        assert not report, report
        print(f"{len(acknowledged)} acknowledged, {refused} refused with a temporary failure, {len(arrived)} in the mailbox")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-full-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        os.rmdir(folder)
        print(f"SKIPPED: cannot mount a small file system here: {mounted.stderr.strip()}")
        return 0
    try:
        campaign(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
