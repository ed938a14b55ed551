"""What James's dialogues about mailboxes of several users need: those users, their mailboxes, and the rights that are given to imapuser."""
import re

LETTER = ["Subject: shared", "", "text"]
SIZE = len("\r\n".join(LETTER))  # the last line's CRLF ends the command
MOST = "eiklprstwx"
OWNERS = re.compile(r"#user\\?\.(boby|diana)\b|\buser\.(Boby)\b")
GIVEN = re.compile(r"(?:SETACL|DELETEACL) \S+ -?(bob|benwa)\b")
SHARED = {  # by owner: mailboxes, each with the rights that are given
    "ListWithSharedMailbox": {"diana": {"sharedMailbox": "lr"},
                              "boby": {"sharedMailbox": "lr", "sharedMailbox/child": "lr", "Sent": "lr"}},
    "RenameSharedMailbox": {"boby": {
        "sharedMailbox": MOST, "sharedMailbox-eilprstwx": "eilprstwx", "sharedMailbox/child1-eiklprstwx": MOST,
        "sharedMailbox/child2-eiklprstw": "eiklprstw", "otherSharedMailbox": MOST, "sharedMailbox/child3": MOST,
        "sharedMailbox/child3/sub1": "eiklprstw"}},
}


def text_of(dialogue):
    return "\n".join(line for step in dialogue.steps for line in [*step.said, *step.wanted])


def others(dialogue):
    """The users beside imapuser, in small letters."""
    text = text_of(dialogue)
    return sorted({match[match.lastindex].lower() for kind in (OWNERS, GIVEN) for match in kind.finditer(text)})


def mailboxes(dialogue, owner):
    """What `owner` gives rights to: mailboxes with the rights."""
    text = text_of(dialogue)
    if dialogue.name in SHARED:
        return SHARED[dialogue.name].get(owner, {})
    if owner == "boby" and (told := re.search(r"MYRIGHTS user\.Boby(\.test)? ([a-z]+)", text)):
        return {"INBOX/test" if told[1] else "INBOX": re.sub("[cd]", "", told[2])}  # those of old are told only
    return {f"mailbox-{rights}": rights for rights in re.findall(rf"#user\\?\.{owner}\\?\.mailbox-([a-z]+)", text)}


def messages(dialogue, owner, mailbox):
    """How many are in it: where it shows."""
    text = text_of(dialogue)
    if dialogue.name.startswith("ACLIntegration") and mailbox == "INBOX":
        filled = "imapuser" if "SELECT user.imapuser" in text else "boby"
        count = re.search(r"(\d+) EXISTS", text)
        return int(count[1]) if count and owner == filled else 0
    if owner == "imapuser":
        return 1 if mailbox == "INBOX" and dialogue.name.startswith("SharingAccess") else 0
    return 10 if f"STATUS #user.{owner}.{mailbox.replace('/', '.')} (MESSAGES)" in text else 0


def prepare(session, owner, dialogue, user):
    given = mailboxes(dialogue, owner) if owner != "imapuser" else {}
    own = ["INBOX/test"] if owner == "imapuser" and "user.imapuser.test" in text_of(dialogue) else []
    for name in [*given, *own]:
        if name != "INBOX":
            session.ask(f"CREATE {name}")
    for name in {"INBOX", *given}:
        count = messages(dialogue, owner, name)
        for number in range(count):
            flags = {2: "(\\Flagged) ", 3: "(\\Deleted) "}.get(number, "") if count == 4 else ""
            session.ask(f"APPEND {name} {flags}{{{SIZE}+}}", *LETTER)
    for name, rights in given.items():
        session.ask(f"SETACL {name} {user} {rights}")
