"""The servers that are measured: ours, and Postfix with Dovecot. Both have the same few methods, so a measure need not
know which one it has:  fresh() empties and starts it, stop(), pids(), visible() the load client's options that tell
how to see a delivered message, and the ports smtp, pop3, imap and fill (where a mailbox is filled the quickest)."""
import concurrent.futures
import contextlib
import os
import pathlib
import select
import shutil
import signal
import socket
import sqlite3
import subprocess

DOMAIN = "bench.test"
PASSWORD = "benchpass"
USERS = 1000  # u1 … u1000, as the idle measure wants: POP3 gives each mailbox to one session at a time
START_SECONDS = 60


class StartFailed(Exception):
    pass


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Posthouse:
    name = "ours"
    label = "Posthouse"
    fill_is_lmtp = False
    settings = ()  # further options of `serve`, for the next start
    submission = 0

    def __init__(self, binary, work, users):
        self.binary, self.users = binary, users
        self.template, self.data, self.log_path = work / "ours.template", work / "ours", work / "ours.log"
        self.process = None
        self.where = ()  # the database, where it is not in the data folder
        self.smtp = self.pop3 = self.imap = self.fill = 0

    def prepare(self):
        """The domain and its accounts, made once through the command line and copied for every fresh start."""
        self.make_accounts(self.template)

    def make_accounts(self, data):
        self._command("domain", "add", "--data", data, *self.where, DOMAIN)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda number: self._add_account(data, number), range(1, self.users + 1)))

    def _add_account(self, data, number):
        self._command("account", "add", "--data", data, *self.where, f"u{number}@{DOMAIN}", "--password-stdin",
                      stdin=PASSWORD + "\n")

    def _command(self, *words, stdin=None):
        done = subprocess.run([self.binary, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise StartFailed(f"posthouse {' '.join(map(str, words))}: {done.stdout}{done.stderr}")

    def fresh(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.template, self.data)
        self.start()

    def start(self):
        command = [self.binary, "serve", "--data", self.data, *self.where, "--hostname", f"mail.{DOMAIN}",
                   "--insecure-auth", "--listen", "smtp=127.0.0.1:0", "--listen", "pop3=127.0.0.1:0",
                   "--listen", "imap=127.0.0.1:0"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(list(map(str, [*command, *self.settings])), stdout=subprocess.PIPE, stderr=log, text=True)
        readable, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if readable else ""
        if not line.startswith("ready "):
            self.stop()
            raise StartFailed(f"the server did not get ready; its log: {self.log_path.read_text(errors='replace')[-2000:]}")
        addresses = dict(word.split("=", 1) for word in line.split()[1:])
        self.smtp, self.pop3, self.imap = (int(addresses[kind].rpartition(":")[2]) for kind in ("smtp", "pop3", "imap"))
        self.fill = self.smtp
        self.submission = int(addresses.get("submission", "0").rpartition(":")[2])

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None

    def pids(self):
        return str(self.process.pid)

    def visible(self):
        return {"pop3_port": self.pop3}

    def relays_to(self, port):
        """From the next start on all mail for elsewhere goes to that port of this machine, and users hand it in. None: as
        before."""
        self.settings = () if port is None else ("--route", f"*=127.0.0.1:{port}", "--listen", "submission=127.0.0.1:0")

    def hand_in(self):
        """The load client's options for mail for elsewhere."""
        return {"port": self.submission, "log_in": 1}

    def password_hashes(self):
        """What is stored of each account's password, by address."""
        with contextlib.closing(sqlite3.connect(self.template / "posthouse.db")) as database:
            return dict(database.execute("select a.local_part || '@' || d.name, a.password_hash"
                                         " from account a join domain d on d.id = a.domain_id"))

    def version(self):
        return subprocess.run([self.binary, "--version"], capture_output=True, text=True).stdout.strip()


class PosthouseOnMariadb(Posthouse):
    """With its mail in a database that `empty` empties."""
    label = "Posthouse on MariaDB"

    def __init__(self, binary, work, users, url, empty):
        super().__init__(binary, work, users)
        self.where, self.empty = ("--database", url), empty

    def prepare(self):
        pass

    def fresh(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        self.empty()
        self.make_accounts(self.data)
        self.start()


class PostfixDovecot:
    name = "peer"
    label = "Postfix+Dovecot"
    fill_is_lmtp = True
    script = pathlib.Path(__file__).parents[1] / "peers/postfix_dovecot.sh"

    def __init__(self, work, users):
        self.directory = work / "peer"
        self.directory.mkdir()
        self.running = False
        self.smtp, self.pop3, self.imap, self.fill = free_ports(4)
        self.environment = {**os.environ, "SMTP_PORT": str(self.smtp), "POP3_PORT": str(self.pop3),
                            "IMAP_PORT": str(self.imap),
                            "LMTP_PORT": str(self.fill), "DOMAIN": DOMAIN, "PASSWORD": PASSWORD, "USERS": str(users)}

    def prepare(self):
        pass

    def _script(self, command, check=True):
        # The daemons it starts must not hold a pipe of ours open, so what it says goes to a file.
        output = self.directory.parent / "peer-script.log"
        with open(output, "w+", encoding="utf-8") as log:
            done = subprocess.run([self.script, command, self.directory], env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=subprocess.STDOUT)
            log.seek(0)
            text = log.read()
        if check and done.returncode != 0:
            raise StartFailed(f"postfix_dovecot.sh {command}: {text}")
        return text.strip()

    def fresh(self):
        self.stop()
        self._script("empty")
        self.start()

    def start(self):
        self.running = True
        self._script("start")

    def stop(self):
        if self.running:
            self._script("stop", check=False)
            self.running = False

    def pids(self):
        return self._script("pids")

    def visible(self):
        maildir = f"{self.directory}/mail/u%d/Maildir"
        return {"maildirs": f"{maildir}/new,{maildir}/cur", "pop3_port": self.pop3}

    def relays_to(self, port):
        self.environment["NEXT_HOP_PORT"] = "" if port is None else str(port)

    def hand_in(self):
        return {"port": self.smtp}

    def knows_passwords_as(self, hashes):
        """From the next start on the accounts have these, hashed as libsodium writes argon2id; nothing: plain ones."""
        path = self.directory / "hashes"
        path.write_text("".join(f"{address}:{{ARGON2ID}}{text}::::::\n" for address, text in hashes.items()), encoding="utf-8")
        self.environment["PASSWORDS"] = str(path) if hashes else ""

    def version(self):
        return self._script("version")
