#!/usr/bin/env python3
"""Thunderbird under Xvfb against a house: too slow and too large for CI, so it is run by hand.

    POSTHOUSE_BINARY=build/release/bin/posthouse PYTHONPATH=tests/support tests/clients/thunderbird.py

It needs the packages thunderbird and xvfb, and says so where they are not there. The account is in the preferences of a profile; then
Thunderbird itself, told by Marionette what to do, reads a message, flags it, moves it, and sends one whose copy is kept in Sent.
"""
import json
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

from posthouse_server import PATIENCE, Posthouse

LETTER = b"From: <sender@elsewhere.test>\r\nTo: <ann@one.test>\r\nSubject: %s\r\nMessage-ID: <%s@elsewhere.test>\r\n\r\nHello from %s.\r\n"
START = max(PATIENCE, 60)

# Runs inside Thunderbird; `done` is told the result.
PROLOGUE = """
const done = arguments[arguments.length - 1];
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const inbox = MailServices.accounts.accounts[0].incomingServer.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const root = MailServices.accounts.accounts[0].incomingServer.rootFolder;
const child = (name) => { try { return root.getChildNamed(name); } catch (e) { return null; } };
const headers = (folder) => { try { return [...folder.messages]; } catch (e) { return []; } };
const find = (folder, subject) => headers(folder).find((header) => header.subject === subject);
const later = (f) => { const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs"); setTimeout(f, 100); };
const until = (test) => { const value = test(); if (value) { done(value); } else { later(() => until(test)); } };
const copied = (then) => ({ onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() {}, onStopCopy(status) { then(status); } });
"""


class Marionette:
    """Thunderbird's remote control: JSON with its length in front."""

    def __init__(self, port):
        deadline = time.monotonic() + START
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=START)
                break
            except OSError:
                assert time.monotonic() < deadline, "Thunderbird does not listen"
                time.sleep(0.2)
        self.file = self.socket.makefile("rb")
        self.next = 0
        self.read()
        self.ask("WebDriver:NewSession", {"acceptInsecureCerts": True, "timeouts": {"script": int(START * 1000)}})
        self.ask("Marionette:SetContext", {"value": "chrome"})

    def read(self):
        length = b""
        while (digit := self.file.read(1)) != b":":
            assert digit, "Thunderbird has ended"
            length += digit
        return json.loads(self.file.read(int(length)))

    def ask(self, command, parameters):
        self.next += 1
        text = json.dumps([0, self.next, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.read()
        assert error is None, f"{command}: {error}"
        return result

    def run(self, script, *arguments):
        return self.ask("WebDriver:ExecuteAsyncScript", {"script": PROLOGUE + script, "args": list(arguments)})["value"]


def preferences(server):
    imap, submission = server.ports["imaps"], server.ports["submission"]
    values = {
        "mail.accountmanager.accounts": "account1", "mail.accountmanager.defaultaccount": "account1",
        "mail.account.account1.server": "server1", "mail.account.account1.identities": "id1", "mail.account.lastKey": 1,
        "mail.server.server1.type": "imap", "mail.server.server1.hostname": "localhost", "mail.server.server1.port": imap,
        "mail.server.server1.userName": "ann@one.test", "mail.server.server1.name": "ann@one.test",
        "mail.server.server1.socketType": 3, "mail.server.server1.authMethod": 3, "mail.server.server1.check_new_mail": False,
        "mail.server.server1.login_at_startup": False,
        "mail.identity.id1.useremail": "ann@one.test", "mail.identity.id1.fullName": "Ann", "mail.identity.id1.valid": True,
        "mail.identity.id1.smtpServer": "smtp1", "mail.identity.id1.fcc": True,
        "mail.identity.id1.fcc_folder": "imap://ann%40one.test@localhost/Sent", "mail.identity.id1.fcc_folder_picker_mode": "0",
        "mail.smtpservers": "smtp1", "mail.smtp.defaultserver": "smtp1",
        "mail.smtpserver.smtp1.hostname": "localhost", "mail.smtpserver.smtp1.port": submission,
        "mail.smtpserver.smtp1.username": "ann@one.test", "mail.smtpserver.smtp1.try_ssl": 2, "mail.smtpserver.smtp1.authMethod": 3,
        "mail.shell.checkDefaultClient": False, "mail.rights.version": 1, "datareporting.policy.dataSubmissionEnabled": False,
        "toolkit.telemetry.reportingpolicy.firstRun": False, "app.update.enabled": False, "mailnews.start_page.enabled": False,
        "mail.provider.suppress_dialog_on_startup": True, "mail.spotlight.firstRunDone": True, "app.donation.eoy.version.viewed": 999,
        "marionette.port": 0,
    }
    return "".join(f'user_pref("{name}", {json.dumps(value)});\n' for name, value in values.items())


def play(thunderbird, server):
    thunderbird.run("""
      const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
      const add = (origin) => {
        const one = login.clone();
        one.init(origin, null, origin, "ann@one.test", "secret", "", "");
        return Services.logins.addLoginAsync(one);
      };
      Promise.all([add("imap://localhost"), add("smtp://localhost")]).then(() => done(true), (e) => done(String(e)));""")
    print("account:", thunderbird.run("""
      inbox.server.performExpand(null);
      inbox.getNewMessages(null, null);
      until(() => headers(inbox).length === 2 && child("Archive") && child("Sent") && root.subFolders.map((f) => f.name).join(" "));"""))
    text = thunderbird.run("""
      const uri = inbox.getUriForMsg(find(inbox, "to be read"));
      let text = "";
      const listener = { QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]), onStartRequest() {},
        onDataAvailable(request, stream, offset, count) {
          const input = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
          input.init(stream);
          text += input.read(count);
        },
        onStopRequest() { done(text); } };
      MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, "");""")
    assert "Hello from to be read." in text, text
    print("read:", len(text), "octets")
    thunderbird.run("""
      const header = find(inbox, "to be read");
      inbox.markMessagesRead([header], true);
      inbox.markMessagesFlagged([header], true);
      const wanted = child("Archive");
      MailServices.copy.copyMessages(inbox, [find(inbox, "to be moved")], wanted, true, copied(done), null, false);""")
    print("flagged and moved")
    status = thunderbird.run("""
      const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
      fields.from = "Ann <ann@one.test>";
      fields.to = "ann@one.test";
      fields.subject = "sent from Thunderbird";
      fields.body = "Hello to myself.\\r\\n";
      const parameters = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
      parameters.composeFields = fields;
      parameters.format = Ci.nsIMsgCompFormat.PlainText;
      parameters.identity = MailServices.accounts.accounts[0].defaultIdentity;
      const compose = Cc["@mozilla.org/messengercompose/compose;1"].createInstance(Ci.nsIMsgCompose);
      compose.initialize(parameters);
      compose.sendMsg(Ci.nsIMsgSend.nsMsgDeliverNow, parameters.identity, "account1", null, null).then(() => done("sent"), (e) => done(String(e)));""")
    print("sent:", status)
    assert status == "sent", status


def wait_for(what, test):
    deadline = time.monotonic() + START
    while not test():
        assert time.monotonic() < deadline, f"not so: {what}"
        time.sleep(0.2)
    print("ok:", what)


def found(server, mailbox, keys):
    import imaplib
    with imaplib.IMAP4(*server.address("imap"), timeout=PATIENCE) as session:
        session.login("ann@one.test", "secret")
        session.select(mailbox, readonly=True)
        return len(session.search(None, *keys)[1][0].split())


def main():
    program, xvfb = shutil.which("thunderbird"), shutil.which("Xvfb")
    if not program or not xvfb:
        print("skipped: the packages thunderbird and xvfb are not installed")
        return 0
    profile = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-thunderbird-"))
    with Posthouse("one.test", {"ann": "secret"}, listen=("smtp", "submission", "imap", "imaps"), options=["--insecure-auth"]) as server:
        with smtplib.SMTP(*server.address("smtp"), timeout=PATIENCE) as session:
            for name in (b"to be read", b"to be moved"):
                session.sendmail("sender@elsewhere.test", ["ann@one.test"], LETTER % (name, name.replace(b" ", b"."), name))
        (profile / "user.js").write_text(preferences(server))
        number, other = os.pipe()
        screen = subprocess.Popen([xvfb, "-displayfd", str(other), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], pass_fds=[other],
                                  stderr=subprocess.DEVNULL)
        os.close(other)
        display = ":" + os.read(number, 16).decode().strip()
        log = open(profile / "log", "wb")
        window = subprocess.Popen([program, "--profile", str(profile), "--no-remote", "--marionette", "-remote-allow-system-access"], stdout=log, stderr=log,
                                  env={**os.environ, "DISPLAY": display, "HOME": str(profile), "MOZ_HEADLESS": ""}, start_new_session=True)
        try:
            ready = profile / "MarionetteActivePort"
            wait_for("Thunderbird listens", ready.exists)
            play(Marionette(int(ready.read_text())), server)
            wait_for("the message that was read is flagged and seen", lambda: found(server, "INBOX", ["FLAGGED", "SEEN"]) == 1)
            wait_for("the other was moved", lambda: found(server, "Archive", ["SUBJECT", '"to be moved"']) == 1
                     and found(server, "INBOX", ["SUBJECT", '"to be moved"']) == 0)
            wait_for("what was sent has come", lambda: found(server, "INBOX", ["SUBJECT", '"sent from Thunderbird"']) == 1)
            wait_for("a copy is kept in Sent", lambda: found(server, "Sent", ["SUBJECT", '"sent from Thunderbird"']) == 1)
        finally:
            os.killpg(window.pid, signal.SIGKILL)
            window.wait()
            screen.terminate()
            screen.wait()
            log.close()
    shutil.rmtree(profile, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
