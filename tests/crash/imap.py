#!/usr/bin/env python3
"""Kills the server at random moments while IMAP clients append, store flags and expunge, starts it again, and compares.

What was answered OK has happened and stays; what was not has happened or not. A UID stands for one message for ever, UIDNEXT is
above all of them, MODSEQ never goes back, UIDVALIDITY stays, and QRESYNC tells of all that went. With --mariadb the mail is in a
MariaDB server, and every other kill, at random, is that server's.
"""
import random
import re
import socket
import sys
import threading

from campaign import run
from posthouse_server import PATIENCE, Posthouse

USER, PASSWORD = "ann@one.test", "secret"


class Lost(Exception):
    """The connection ended."""


class Session:
    def __init__(self, port):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except OSError as why:
            raise Lost from why
        self.file = self.socket.makefile("rb")
        self.line()
        self.ask(f'LOGIN {USER} "{PASSWORD}"')
        self.ask("ENABLE QRESYNC")

    def close(self):
        self.file.close()
        self.socket.close()

    def line(self):
        try:
            line = self.file.readline()
            while literal := re.search(rb"\{(\d+)\}\r\n$", line):
                line += self.file.read(int(literal[1])) + self.file.readline()
        except OSError as why:
            raise Lost from why
        if not line.endswith(b"\r\n"):
            raise Lost
        return line

    def ask(self, command):
        """A command; returns what was said, the tagged answer last. Lost where the server had nothing to say."""
        try:
            self.socket.sendall(f"t {command}\r\n".encode())
        except OSError as why:
            raise Lost from why
        lines = [self.line()]
        while not lines[-1].startswith(b"t "):
            if lines[-1].startswith(b"* BYE"):
                raise Lost
            lines.append(self.line())
        return lines

    def does(self, command):
        """Whether it was answered OK, and all that was said."""
        lines = self.ask(command)
        return lines[-1].startswith(b"t OK"), b"".join(lines)


class Book:
    """What the clients know."""

    def __init__(self):
        self.lock = threading.Lock()
        self.attempted = set()  # names of messages
        self.names = {}         # by UID, of all that were ever seen
        self.accepted, self.flagged, self.leaving, self.gone = set(), set(), set(), set()
        self.modseqs = {}       # the highest that was told, by UID
        self.broken = 0

    def done(self):
        with self.lock:
            return len(self.accepted) + len(self.flagged) + len(self.gone)


class Client(threading.Thread):
    """Appends a message, flags it, and expunges every third; all its own."""

    def __init__(self, number, server, book, stopping):
        super().__init__(daemon=True)
        self.number, self.server, self.book, self.stopping, self.count = number, server, book, stopping, 0

    def run(self):
        while not self.stopping.is_set():
            session = None
            try:
                session = Session(self.server.ports["imap"])
                session.ask("SELECT INBOX")
                while not self.stopping.is_set():
                    self.life_of_a_message(session)
            except Lost:
                self.book.broken += 1
                self.stopping.wait(0.01)
            finally:
                if session:
                    session.close()

    def life_of_a_message(self, session):
        book, name = self.book, f"{self.number}-{self.count}"
        self.count += 1
        text = f"Subject: {name}\r\n\r\n{name}\r\n"
        with book.lock:
            book.attempted.add(name)
        ok, said = session.does(f"APPEND INBOX {{{len(text)}+}}\r\n{text}")
        found = re.search(rb"\[APPENDUID \d+ (\d+)\]", said)
        if not ok or not found:
            return
        uid = int(found[1])
        with book.lock:
            assert book.names.get(uid, name) == name, f"UID {uid} was given to {book.names[uid]} and to {name}"
            book.names[uid] = name
            book.accepted.add(uid)
        ok, said = session.does(f"UID STORE {uid} +FLAGS (\\Flagged k{self.number})")
        if not ok:
            return
        with book.lock:
            book.flagged.add(uid)
            for modseq in re.findall(rb"UID %d [^\n]*MODSEQ \((\d+)\)" % uid, said):
                book.modseqs[uid] = max(book.modseqs.get(uid, 0), int(modseq))
        if self.count % 3 == 0:
            with book.lock:
                book.leaving.add(uid)
            ok, _ = session.does(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
            ok = ok and session.does(f"UID EXPUNGE {uid}")[0]
            if ok:
                with book.lock:
                    book.gone.add(uid)


def number(pattern, said):
    return int(re.search(pattern, said)[1])


def numbers(sets):
    found = set()
    for text in sets:
        for part in text.split(b","):
            first, _, last = part.partition(b":")
            found.update(range(int(first), int(last or first) + 1))
    return found


def compare(server, book, state):
    """What is in the mailbox, with the clients at rest or not: what was known before is known now. Returns what is wrong."""
    with book.lock:
        accepted, flagged, gone = set(book.accepted), set(book.flagged), set(book.gone)
        modseqs = dict(book.modseqs)
    session = Session(server.ports["imap"])
    said = b"".join(session.ask("SELECT INBOX"))
    uidvalidity, uidnext = number(rb"UIDVALIDITY (\d+)", said), number(rb"UIDNEXT (\d+)", said)
    highest = number(rb"HIGHESTMODSEQ (\d+)", said)
    with book.lock:
        leaving = set(book.leaving)  # those that a client may be expunging just now among them
    wrong = []
    if state.setdefault("uidvalidity", uidvalidity) != uidvalidity:
        wrong.append(f"UIDVALIDITY was {state['uidvalidity']} and is {uidvalidity}")
    if highest < max([state.get("highest", 0), *modseqs.values()]):
        wrong.append(f"HIGHESTMODSEQ is {highest}, and {max(modseqs.values(), default=0)} was told")
    state["highest"] = highest
    if accepted and uidnext <= max(accepted):
        wrong.append(f"UIDNEXT is {uidnext}, and {max(accepted)} was given")
    here = {}
    for line in session.ask("UID FETCH 1:* (FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[:-1]:
        uid, name = re.search(rb"FETCH .*UID (\d+)", line), re.search(rb"Subject: (\S+)", line)
        if uid and name:  # without, others have changed its flags meanwhile
            here[int(uid[1])] = (name[1].decode(), b"\\Flagged" in line, number(rb"MODSEQ \((\d+)\)", line))
    vanished = numbers(re.findall(rb"VANISHED \(EARLIER\) ([\d:,]+)", b"".join(
        session.ask(f"UID FETCH 1:{uidnext} (FLAGS) (CHANGEDSINCE 1 VANISHED)"))))
    session.close()
    for uid, (name, is_flagged, modseq) in here.items():
        with book.lock:
            known = book.names.setdefault(uid, name)
        if known != name:
            wrong.append(f"UID {uid} was {known} and is {name}")
        if name not in book.attempted:
            wrong.append(f"nobody sent {name!r}")
        if uid in flagged and not is_flagged:
            wrong.append(f"{uid} has lost its flag")
        if modseq < modseqs.get(uid, 0):
            wrong.append(f"{uid} had MODSEQ {modseqs[uid]} and has {modseq}")
    wrong += [f"{uid} was accepted and is not there" for uid in accepted - leaving - here.keys()]
    wrong += [f"{uid} was expunged and is there" for uid in gone & here.keys()]
    wrong += [f"{uid} was expunged, and QRESYNC does not say so" for uid in gone - vanished]
    return wrong


def wait_for(book, more, stopping):
    """Until the clients have done so much more."""
    wanted = book.done() + more
    for _ in range(int(PATIENCE * 100)):
        if book.done() >= wanted:
            return
        stopping.wait(0.01)
    raise AssertionError("nothing was answered any more")


def campaign(args, database):
    chance = random.Random(args.seed)
    server = Posthouse("one.test", {"ann": PASSWORD}, listen=("imap",), options=["--insecure-auth"],
                       database=database and database.new_database())
    book, state, problems, stopping = Book(), {}, [], threading.Event()
    with server:
        clients = [Client(number, server, book, stopping) for number in range(args.clients)]
        for client in clients:
            client.start()
        for kill in range(args.kills):
            wait_for(book, chance.randrange(1, 60), stopping)
            stopping.wait(chance.random() * 0.03)
            victim = chance.choice((server, database or server))
            victim.kill()
            victim.start()
            try:
                problems += [f"after kill {kill + 1}: {what}" for what in compare(server, book, state)]
            except Lost:
                pass  # a database that was killed takes sessions with it; the next comparison finds what this would have
            if problems:
                break
        wait_for(book, 30, stopping)
        stopping.set()
        for client in clients:
            client.join(PATIENCE)
        problems += [f"at the end: {what}" for what in compare(server, book, state)]
        status = server.stop()
        if status != 0:
            problems.append(f"the server ended with status {status}")
        if report := server.check():
            problems.append(f"check: {report}")
        print(f"{args.kills} kills, {len(book.accepted)} accepted, {len(book.flagged)} flagged, {len(book.gone)} expunged, "
              f"{book.broken} broken connections")
        for problem in problems[:20]:
            print("FAILED:", problem)
        assert not problems, f"seed {args.seed}; data kept in {server.data}"


if __name__ == "__main__":
    sys.exit(run(__doc__, campaign, kills=15, clients=6))
