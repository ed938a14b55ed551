"""Letters sent, read and deleted while a disk keeps its log, and what the house said of each, with the disk's position.

A position noted *before* a request is a bound from below: whatever the request causes is written later. One noted *after* an
answer is a bound from above: whatever the answer promises has been written and flushed.
"""
import dataclasses
import poplib
import random
import smtplib
import threading

from load import make_message
from posthouse_server import PATIENCE

DOMAIN, USERS, PASSWORD = "one.test", ("ann", "bob", "cid"), "secret"
SIZES = (400, 400, 4096, 20_000, 150_000)  # the largest are files beside the database
NEVER = float("inf")


@dataclasses.dataclass
class Letter:
    sender: int
    number: int
    size: int
    users: tuple             # of this house
    outside: str             # an address elsewhere, or ""
    begun: int               # the position before it was sent
    accepted: float = NEVER  # and after its 250

    @property
    def name(self):
        return b"%d-%d" % (self.sender, self.number)

    def octets(self):
        """With the two fields that a submission without them would get."""
        head = b"Date: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <%s@load.test>\r\n" % self.name
        return head + make_message(self.sender, self.number, self.size)


@dataclasses.dataclass
class Deletion:
    begun: int             # the position before QUIT
    done: float = NEVER    # and after its +OK


@dataclasses.dataclass
class Notes:
    letters: dict = dataclasses.field(default_factory=dict)    # name -> Letter
    deletions: dict = dataclasses.field(default_factory=dict)  # (user, name) -> Deletion
    names: dict = dataclasses.field(default_factory=dict)      # (user, UIDL) -> (position after it was read, name)

    def accepted(self, since=0):
        """Positions of the 250s, in their order."""
        return sorted(each.accepted for each in self.letters.values() if since < each.accepted < NEVER)


class Load:
    """A client for each sender, and one who reads and deletes, until told to stop. A connection that breaks is made again; what
    was under way on it is never sent a second time."""

    def __init__(self, server, position, notes, senders, seed):
        """`notes` of an earlier load are gone on with. `senders` are numbers that no load before has had."""
        self.server, self.position, self.notes = server, position, notes
        self.lock, self.stopping, self.count = threading.Lock(), threading.Event(), 0
        self.progress = threading.Condition(self.lock)
        self.failures = []
        work = [(self.send, i) for i in senders] + [(self.read, None)]
        self.threads = [threading.Thread(target=self.insist, args=(*each, random.Random(f"{seed}/{each[1]}")),
                                         daemon=True) for each in work]

    def start(self):
        for thread in self.threads:
            thread.start()

    def wait_for(self, count):
        """Until `count` more letters have been accepted."""
        with self.progress:
            target = self.count + count
            enough = self.progress.wait_for(lambda: self.count >= target or self.failures, PATIENCE)
        assert enough and not self.failures, self.failures or "no letter was accepted any more"

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a client hangs"
        assert not self.failures, self.failures

    def insist(self, work, *args):
        numbers = iter(range(1 << 30))
        while not self.stopping.is_set():
            try:
                work(numbers, *args)
            except (OSError, EOFError, smtplib.SMTPException, poplib.error_proto):
                self.stopping.wait(0.02)  # the house is down: do not spin until it is back
            except Exception as error:
                with self.progress:
                    self.failures.append(repr(error))
                    self.progress.notify_all()
                raise

    def send(self, numbers, sender, chance):
        """Every other sender is one of the house's own, whose letters may go elsewhere, too."""
        kind = ("smtp", "submission")[sender % 2]
        with smtplib.SMTP(*self.server.address(kind), timeout=PATIENCE) as client:
            client.ehlo("load.test")
            if kind == "submission":
                client.login(f"ann@{DOMAIN}", PASSWORD)
            for number in numbers:
                if self.stopping.is_set():
                    return
                users = tuple(chance.sample(USERS, chance.choice((1, 1, 1, 2, 3))))
                outside = f"n{sender}-{number}@far.test" if kind == "submission" and chance.random() < 0.5 else ""
                letter = Letter(sender, number, chance.choice(SIZES), users, outside, self.position())
                self.notes.letters[letter.name] = letter
                recipients = [f"{user}@{DOMAIN}" for user in users] + [outside] * bool(outside)
                refused = client.sendmail(f"ann@{DOMAIN}" if kind == "submission" else "load@load.test",
                                          recipients, letter.octets())
                assert not refused, refused
                letter.accepted = self.position()
                with self.progress:
                    self.count += 1
                    self.progress.notify_all()

    def read(self, numbers, _, chance):
        """Learns the letters by their numbers, and deletes some; forgets, now and then, to say QUIT."""
        known, user = self.notes.names, USERS[next(numbers) % len(USERS)]
        client = poplib.POP3(*self.server.address("pop3"), timeout=PATIENCE)
        try:
            client.user(f"{user}@{DOMAIN}")
            client.pass_(PASSWORD)
            listing = [line.split() for line in client.uidl()[1]]
            position = self.position()
            marked = []
            for number, uidl in listing:
                if (user, uidl) not in known:
                    fields = dict(line.split(b": ", 1) for line in client.top(int(number), 0)[1] if b": " in line)
                    known[user, uidl] = position, fields[b"X-Number"]
                if chance.random() < 0.04:
                    client.dele(int(number))
                    marked.append(known[user, uidl][1])
            if chance.random() < 0.2:
                return
            deletions = {(user, name): Deletion(self.position()) for name in marked}
            self.notes.deletions.update(deletions)
            client.quit()
            position = self.position()
            for deletion in deletions.values():
                deletion.done = position
        finally:
            client.close()
