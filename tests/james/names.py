"""What the mailboxes and users of James's dialogues are called here.

There "#user.boby.box" is a mailbox of Boby's, "user.Boby" his INBOX, and "user.Boby.test" one below it.
"""
import re

from answers import rights_in_order

OTHERS = "Other Users"  # the namespace of other users' mailboxes
RULES = [  # for a name whose levels a slash ends; "{}" is the address of who is named
    (r"^#user/(boby|diana)\b", OTHERS + "/{}"),
    (r"^#user\b", OTHERS),
    (r"^user/(boby)\b", OTHERS + "/{}/INBOX"),
    (r"^user/(imapuser)\b", "INBOX"),
    (r"^user/$", OTHERS + "/"),
    (r"^(diana)/", "{}/"),  # behind a reference
    (r"^(boby)$", "{}/INBOX"),
]
NAMED = re.compile(r"\S+ (CREATE|DELETE|RENAME|SELECT|EXAMINE|LIST|LSUB|XLIST|STATUS|SUBSCRIBE|UNSUBSCRIBE|COPY|MOVE|APPEND|"
                   r"MYRIGHTS|GETACL|SETACL|DELETEACL|LISTRIGHTS)\b", re.I)
ANSWERED = re.compile(r"\\\* (LIST|LSUB|XLIST|STATUS|MYRIGHTS|ACL|LISTRIGHTS)\b")
BETWEEN = re.compile(r"(?<=[\w\"])\\?\.(?=[\w%*])")
WORD = re.compile(r'(?:"[^"]*"|[^ ])+')
FLAGS = re.compile(r"(?<=FLAGS \\\()\\\\\w+( \\\\\w+)+\b")
EVERY = rights_in_order("lrswipkxtea")


def mailbox(name, users):
    for rule, here in RULES:
        if found := re.match(rule, name, re.IGNORECASE):
            return here.format(*(users[who.lower()] for who in found.groups())) + name[found.end():]
    return name


def identifier(name, users):
    """Of one whom rights are given or taken."""
    sign, who = re.fullmatch(r"(-?)(.*)", name).groups()
    return sign + users.get(who.lower(), who)


def command(line, users):
    """A command with the separator and the names of this house."""
    if re.match(r"\S+ LOGIN ", line):
        for name, here in users.items():
            line = re.sub(rf"\b{name}\b", here, line)
    named = NAMED.match(line)
    if not named:
        return line
    tag, rest = line.split(" ", 1)
    rest = re.sub(r'(?<=\w)\.(?="|$)', "/", BETWEEN.sub("/", rest))
    of_rights = named[1].upper() in ("SETACL", "DELETEACL", "LISTRIGHTS")
    words = [word if at == 0 else translated(word, identifier if of_rights and at == 2 else mailbox, users)
             for at, word in enumerate(WORD.findall(rest))]
    return " ".join([tag, *words])


def translated(word, rule, users):
    name = word.strip('"')
    here = rule(name, users)
    return word if here == name else f'"{here}"'


def pattern(wanted, users):
    """A pattern of an answer, likewise; flags and rights, which have no order, in that of answers.spellings()."""
    wanted = FLAGS.sub(lambda m: " ".join(sorted(m[0].split())), wanted)
    answered = ANSWERED.match(wanted)
    if not answered:
        return wanted
    wanted = BETWEEN.sub("/", re.sub(r'\\?"\\?\.\\?"', '"/"', wanted, count=1))
    if answered[1] in ("MYRIGHTS", "ACL"):
        return rights_pattern(wanted, users)
    return re.sub(r'\\?"?(#?user/[\w/-]+)\\?"?', lambda m: quoted(mailbox(m[1], users)), wanted)


def rights_pattern(wanted, users):
    """An owner may do all, but an INBOX stays (RFC 9051 section 6.3.4): for James its owner has the right to delete it."""
    _, kind, name, *words = re.sub(r'\\?"', "", wanted.partition("|")[0]).split(" ")
    is_inbox = name in ("INBOX", "user/Boby")
    orders = [rights_in_order(letters) for letters in (words if kind == "MYRIGHTS" else words[1::2])]
    told = [letters.replace("x", "") if is_inbox and letters == EVERY else letters for letters in orders]
    if kind == "ACL":
        whose = users | {"owner": users["imapuser"]}
        told = [word for entry in sorted(zip([identifier(who, whose) for who in words[::2]], told)) for word in entry]
    return rf"\* {kind} " + " ".join(map(quoted, [mailbox(name, users), *told]))


def quoted(word):
    return '"' + re.escape(word) + '"'
