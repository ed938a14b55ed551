"""What James's dialogues about mailboxes of other users need: those users, their mailboxes, and the rights that were given."""
import re

OTHERS = "Other Users/"  # the namespace of other users' mailboxes
LETTER = ["Subject: shared", "", "text", ""]
SIZE = len("\r\n".join(LETTER)) + 2
# In the dialogues "#user.boby.box" is a mailbox of Boby's, "user.Boby" his INBOX.
BOX = re.compile(r"#user\\?\.(boby|diana)\\?\.")
INBOX = re.compile(r"\buser\\?\.(Boby)\b")
SHARED = {  # mailboxes by owner, each with the rights that are given
    "ListWithSharedMailbox": {"diana": {"sharedMailbox": "lr"},
                              "boby": {"sharedMailbox": "lr", "sharedMailbox/child": "lr", "Sent": "lr"}},
}


def text_of(dialogue):
    return "\n".join(line for step in dialogue.steps for line in [*step.said, *step.wanted])


def others(dialogue):
    """The users beside imapuser."""
    text = text_of(dialogue)
    return sorted({match[1] for match in [*BOX.finditer(text), *INBOX.finditer(text)]})


def mailboxes(dialogue, owner):
    """What `owner` shares: mailboxes with the rights of imapuser, and how many messages are in them."""
    text = text_of(dialogue)
    if dialogue.name in SHARED:
        return {name: (rights, 0) for name, rights in SHARED[dialogue.name].get(owner, {}).items()}
    rights = re.search(r"MYRIGHTS user\.Boby ([a-z]+)", text)
    if owner == "Boby" and rights:
        return {"INBOX": (rights[1], 4)}
    return {f"mailbox-{rights}": (rights, 10) for rights in re.findall(rf"#user\\?\.{owner}\\?\.mailbox-([a-z]+)", text)}


def prepare(session, owner, dialogue, user):
    for name, (rights, messages) in mailboxes(dialogue, owner).items() if owner != "imapuser" else ():
        if name != "INBOX":
            session.ask(f"CREATE {name}")
        for number in range(messages):
            flags = {2: "(\\Flagged) ", 3: "(\\Deleted) "}.get(number, "") if name == "INBOX" else ""
            session.ask(f"APPEND {name} {flags}{{{SIZE}+}}", *LETTER)
        session.ask(f"SETACL {name} {user} {rights}")


def command(line, names):
    """A command with the names that such mailboxes have here."""
    line = BOX.sub(lambda m: f"{OTHERS}{names[m[1]]}/", line) if BOX.search(line) else line
    line = INBOX.sub(lambda m: f"{OTHERS}{names[m[1]]}/INBOX", line)
    return re.sub(rf'(?<!")({re.escape(OTHERS)}\S+)(?!")', r'"\1"', line) if OTHERS in line else line


def pattern(wanted, names):
    """A pattern of an answer, likewise."""
    wanted = BOX.sub(lambda m: re.escape(f"{OTHERS}{names[m[1]]}/"), wanted)
    return INBOX.sub(lambda m: '"?' + re.escape(f"{OTHERS}{names[m[1]]}/INBOX") + '"?', wanted)
