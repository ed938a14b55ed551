"""Whether a house is as it must be after its power was cut at a position of its disk's log."""
import collections
import dataclasses
import hashlib
import poplib
import smtplib

from letters import DOMAIN, NEVER, PASSWORD, USERS, Deletion, Letter, Notes
from load import NAME, fetch_all
from posthouse_server import PATIENCE

NOT_DELETED = Deletion(NEVER)
AFTERWARDS = 99  # the sender of letters that come after the cut


def maildrop(server, user):
    """UIDL -> the octets of each letter."""
    client = poplib.POP3(*server.address("pop3"), timeout=PATIENCE)
    client.user(f"{user}@{DOMAIN}")
    client.pass_(PASSWORD)
    listing = [line.split()[1] for line in client.uidl()[1]]
    client.quit()
    stored = list(fetch_all(server.ports["pop3"], f"{user}@{DOMAIN}", PASSWORD))
    assert len(stored) == len(set(listing)) == len(listing), (user, len(stored), listing)
    return dict(zip(listing, stored))


def name_of(octets):
    head = octets.partition(b"\r\n\r\n")[0]
    return next((line[len(NAME):] for line in head.split(b"\r\n") if line.startswith(NAME)), None)


class Verdict:
    """Looks at the house whose data folder the cut has left; `lost` are the names of accepted letters that are not
    there, `problems` is all that is wrong, in words."""

    def __init__(self, server, notes, position, digests):
        self.server, self.notes, self.position, self.digests = server, notes, position, digests
        self.lost, self.problems, self.present = set(), [], collections.defaultdict(set)  # name -> users
        try:
            self.look()
        except (AssertionError, OSError, EOFError, poplib.error_proto, smtplib.SMTPException) as error:
            self.problems.append(f"{type(error).__name__}: {error}")

    def look(self):
        if report := self.server.check():
            self.problems.append(f"check: {report}")
        self.look_at_queue()
        with self.server:
            self.uidls = {user: self.look_at_maildrop(user) for user in USERS}
            self.send_afterwards()
        self.look_for_what_is_missing()
        if report := self.server.check():
            self.problems.append(f"check afterwards: {report}")

    def complain(self, what, name):
        self.problems.append(f"{what}: {self.notes.letters.get(name, name)}")

    def digest(self, letter):
        if letter.name not in self.digests:
            octets = letter.octets()
            self.digests[letter.name] = len(octets), hashlib.sha256(octets).digest()
        return self.digests[letter.name]

    def look_at_queue(self):
        """A letter for elsewhere waits there: the next hop takes nothing."""
        waiting = collections.Counter(row["to"] for row in self.server.queue())
        for letter in self.notes.letters.values():
            if letter.outside:
                times = waiting.pop(letter.outside, 0)
                if times == 1:
                    self.present[letter.name].add(letter.outside)
                elif times > 1:
                    self.complain("doubled in the queue", letter.name)
        if waiting:
            self.problems.append(f"nobody sent what waits for {sorted(waiting)[:5]}")

    def look_at_maildrop(self, user):
        """UIDL -> name."""
        named = {}
        for uidl, octets in maildrop(self.server, user).items():
            name = named[uidl] = name_of(octets)
            letter = self.notes.letters.get(name)
            if letter is None or user not in letter.users:
                self.complain(f"nobody sent to {user}", name)
                continue
            length, digest = self.digest(letter)
            if not octets.startswith(b"Return-Path: ") or hashlib.sha256(octets[-length:]).digest() != digest:
                self.complain(f"changed, at {user}", name)
            if user in self.present[name]:
                self.complain(f"doubled, at {user}", name)
            self.present[name].add(user)
        for (of, uidl), (noted, name) in self.notes.names.items():
            if of == user and noted <= self.position and named.get(uidl, name) != name:
                self.complain(f"{user}'s UIDL {uidl} was {name} and is", named[uidl])
        return named

    def send_afterwards(self):
        """New letters get numbers that nothing ever had."""
        with smtplib.SMTP(*self.server.address("smtp"), timeout=PATIENCE) as client:
            for number in range(3):
                client.sendmail("load@load.test", [f"{user}@{DOMAIN}" for user in USERS],
                                Letter(AFTERWARDS, number, 100_000 * (number % 2), USERS, "", 0).octets())
        for user in USERS:
            new = {uidl: name_of(octets) for uidl, octets in maildrop(self.server, user).items()
                   if uidl not in self.uidls[user]}
            if sorted(new.values()) != [b"%d-%d" % (AFTERWARDS, number) for number in range(3)]:
                self.problems.append(f"of three new letters {user} has {sorted(new.values())}")
            for uidl in new:
                noted, name = self.notes.names.get((user, uidl), (self.position + 1, b""))
                if noted <= self.position:
                    self.complain(f"{user}'s UIDL {uidl} is given again, and was that of", name)

    def look_for_what_is_missing(self):
        for name, letter in self.notes.letters.items():
            present, holders = self.present.get(name, set()), {*letter.users, letter.outside} - {""}
            gone = {user for user in letter.users if self.deletion(user, name).done <= self.position}
            going = {user for user in letter.users if self.deletion(user, name).begun < self.position} - gone
            if letter.begun > self.position and present:
                self.complain("there before it was sent", name)
            if back := gone & present:
                self.complain(f"deleted and back at {back}", name)
            if letter.accepted <= self.position:
                if missing := holders - gone - going - present:
                    self.lost.add(name)
                    self.complain(f"accepted and lost at {missing}", name)
            elif present and (missing := holders - gone - going - present):
                self.complain(f"stored for some, and not for {missing}", name)

    def notes_for_the_next(self):
        """What a load must expect that goes on where the power has been cut, on a disk with a new log."""
        notes = Notes(names={key: (0, name) for key, (noted, name) in self.notes.names.items() if noted <= self.position})
        for user, named in self.uidls.items():
            notes.names.update({(user, uidl): (0, name) for uidl, name in named.items()})
        for name, present in self.present.items():
            letter = self.notes.letters[name]
            notes.letters[name] = dataclasses.replace(
                letter, users=tuple(user for user in letter.users if user in present),
                outside=letter.outside if letter.outside in present else "", begun=0, accepted=0)
        return notes

    def deletion(self, user, name):
        return self.notes.deletions.get((user, name), NOT_DELETED)
