#!/usr/bin/env python3
"""A disk that fills up: messages get a temporary failure, none that got its 250 is lost, and the server goes on when
there is space again. Needs the right to mount a small tmpfs; without it, it says that it was skipped."""
import os
import pathlib
import poplib
import shutil
import smtplib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))
from load import count_arrivals, fetch_all, make_message  # noqa: E402
from posthouse_server import Posthouse, run  # noqa: E402


def house(folder, limits):
    config = folder.parent / (folder.name + ".toml")
    config.write_text("[limits]\n" + limits)
    server = Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "submission", "pop3"),
                       options=["--insecure-auth", "--config", config, "--route", "*=127.0.0.1:1"], data=folder / "data")
    server.log_path = folder.parent / (folder.name + ".log")
    return server


def filling_up(folder):
    """Mail itself fills the disk, whatever the floor would say."""
    server = house(folder, "free_space = 0\n")
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


def fill(folder):
    """Leaves not an octet."""
    for size in (1 << 20, 1 << 12):
        try:
            with open(folder / "ballast", "ab", buffering=0) as ballast:
                while ballast.write(b"\0" * size) > 0:
                    pass
        except OSError:
            pass


def maildrop(server):
    client = poplib.POP3(*server.address("pop3"), timeout=60)
    client.user("ann@one.test")
    client.pass_("secret")
    return client


def delete_all(server):
    client = maildrop(server)
    for i in range(client.stat()[0]):
        client.dele(i + 1)
    client.quit()


def making_room(folder, reserve=True):
    """The disk is full of something else: no mail comes in, and what makes room works, from the reserve."""
    server = house(folder, "message_size = 100000\n")
    with server:
        with smtplib.SMTP(*server.address("smtp"), timeout=30) as client:
            for i in range(400):
                client.sendmail("load@load.test", ["ann@one.test"], make_message(1, i, 6_000))
        with smtplib.SMTP(*server.address("submission"), timeout=30) as client:
            client.login("ann@one.test", "secret")
            client.sendmail("ann@one.test", ["bob@two.test", "eve@two.test"], make_message(1, 400, 4_000))
        assert server.stop() == 0
        server.start()  # with a log that has to grow
        waiting = [row["id"] for row in server.queue()]
        assert len(waiting) == 2, waiting
        kept = folder / "data/reserve"
        assert kept.stat().st_size >= 8 << 20, "there is no reserve"
        if not reserve:
            kept.unlink()
        fill(folder)
        with smtplib.SMTP(*server.address("smtp"), timeout=30) as client:
            client.ehlo()
            code, words = client.mail("load@load.test")
            assert code == 452 and words.startswith(b"4.3.1"), (code, words)
        if not reserve:
            try:
                delete_all(server)
            except poplib.error_proto:
                return
            raise AssertionError("deleting takes no room here: this test tests nothing")
        delete_all(server)
        assert maildrop(server).stat()[0] == 0
        assert kept.stat().st_size == 0, "the reserve was not needed: this test tests nothing"
        kept.unlink()
        (folder / "ballast").unlink()
        with smtplib.SMTP(*server.address("smtp"), timeout=30) as client:
            client.sendmail("load@load.test", ["ann@one.test"], make_message(1, 401, 4_000))
        assert server.stop() == 0
        server.start()
        assert kept.stat().st_size >= 8 << 20, "the reserve is taken again"
        fill(folder)
        run("queue", "remove", "--data", server.data, waiting[0])
        server.add_account("new", "secret")
        (folder / "ballast").unlink()
        assert server.stop() == 0
        server.start()
        assert server.stop() == 0
        assert kept.stat().st_size >= 8 << 20, "the reserve is taken again"
        fill(folder)
        run("queue", "remove", "--data", server.data, waiting[1])  # without a server
        report = server.check()
        assert not report, report


def on_disk_of(size, campaign, **options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-full-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        os.rmdir(folder)
        print(f"skipped: cannot mount a small file system here: {mounted.stderr.strip()}")
        return False
    try:
        campaign(folder, **options)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    return True


def main():
    if on_disk_of("16m", filling_up):
        on_disk_of("128m", making_room)
        on_disk_of("128m", making_room, reserve=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
