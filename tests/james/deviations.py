"""Where this house answers otherwise than James on purpose: why, and the lines of the dialogues' commands."""

# An answer that does not come cannot be waited for.
NOT_PLAYED = {
    "NoTag": "James ends a session at an empty line; here that is no command, and nothing is said",
}

ARGUED = [
    ("James ends a session at the first command that it does not know; RFC 9051 section 7.1.3 has BAD for it",
     {"BogusCommand": [23], "IllegalTag": [23], "JustTag": [23], "NoCommand": [23]}),
    ("James says NO to a command out of its state; RFC 9051 section 6 has BAD",
     {"ValidAuthenticated": [21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41]}),
    ("James allows three failed log-ins a session; here it is more, and each costs time", {"LoginThreeStrikes": [29]}),
    ("nobody acts as another here", {"AuthenticatePlain": [101, 107]}),
    ("no flag can be changed in a mailbox that was opened by EXAMINE: PERMANENTFLAGS () (RFC 9051 section 7.1)",
     {"AppendExamineInbox": [46, 59], "ExamineEmpty": [29, 40, 51], "ExamineReadOnly": [67]}),
    ("a mailbox that gets another name after one was deleted may get another UIDVALIDITY, and whoever has it open is sent away",
     {"AppendExamineInbox": [72]}),
    ("a number that the session was not told names no message; James tells the session in the middle of the command",
     {"ConcurrentExistsResponse": [95, 105]}),
    ("a dot does not come between mailboxes here, and two make a name", {"Create": [35]}),
    ("modified UTF-7 may not encode what needs no encoding (RFC 3501 section 5.1.3)", {"Create": [69, 71, 100, 102]}),
    ("James keeps names that begin with # for namespaces of its own", {"ListNamespace": [32, 35], "ListWithSharedMailbox": [88]}),
    ("a longer name is fine here, and so is there when the dialogue goes on", {"CreateErrorWithLongName": [20, 26]}),
    ("every message here knows when it came", {"FetchNILSaveDate": [42]}),
    ("an empty list of items is not in the grammar", {"FetchSimpleBodyStructure": [92], "FetchStructureComplex": [781]}),
    ("James sorts the parameters of a part and adds charset where the part has none; here they are the part's own",
     {"FetchStructureComplex": [3109], "FetchStructureEmbedded": [555]}),
    ("this house says its name", {"Id": [20, 24, 28, 32]}),
    ("the dialogue forgets the tag of the answer", {"InboxDeleteMessages": [23]}),
    ("a mailbox's name has no wildcards here, since no client could ask for it alone",
     {"ListWithPercentWildcardInMailboxName": [2, 6, 11, 18, 25, 35, 45, 52, 60, 64]}),
    ("James takes a space before the last parenthesis; RFC 5464 section 5 does not", {"Metadata": [38, 42]}),
    ("GETMETADATA without entries is James's own; RFC 5464 section 5 wants one", {"Metadata": [87, 101, 105, 173, 181, 187]}),
    ("MAXSIZE 0 is a number as another (RFC 5464 section 5)", {"Metadata": [146]}),
    ("what stands below /private is the client's; James knows some names better", {"Metadata": [154, 157]}),
    ("James has line ends in a quoted string; they need a literal", {"MetadataWithBinaryData": [30]}),
    ("the bounds of annotations are others here", {"MetadataWithLimitation": [25, 41]}),
    ("a UID that is not there is no error (RFC 9051 section 6.4.9)", {"MoveNoMSG": [38]}),
    ("the dialogue has ? in its pattern where it means the character",
     {"PeekMultipartMixedComplex": [136, 230, 398, 460, 504, 537, 553, 558]}),
    ("RENAME makes the mailboxes above the new name (RFC 3501 section 6.3.5: SHOULD); James does not",
     {"RenameHierarchy": [37, 47, 57, 67, 77, 87, 89], "RenameSharedMailbox": [92]}),
    ("James finds what stands in the fields of parts, but not in those of a message within; here it is the other way round, "
     "as a reader sees it", {"SearchAtoms": [1609, 1615], "UidSearchAtoms": [1970, 1976], "UidSearchCombinations": [1964, 1967]}),
    ("a mailbox stays with its owner, whose quota it counts for: NO [CANNOT]",
     {"RenameSharedMailbox": [67, 71], "ACLIntegrationRightK": [34], "ACLIntegrationRightX": [30]}),
    ("the owner has all rights for ever; James's tests take some away", {"ACLIntegrationRightK": [28]}),
    ("without the right s nobody sets \\Seen, by APPEND and COPY neither (RFC 4314 section 4)",
     {"ACLIntegrationCopyWithoutS": [63], "ACLIntegrationRightIW": [108]}),
    ("LISTRIGHTS needs the right a (RFC 4314 section 4)", {"ACLIntegrationWithoutRightA": [37]}),
    ("LISTRIGHTS tells first what is given always: all to the owner, nothing to others (RFC 4314 section 3.7)",
     {"ACLIntegrationRightA": [37], "Rights": [26]}),
    ("a STORE that is not silent tells the flags of all, those too that were as they are (RFC 9051 section 6.4.6)",
     {"ACLIntegrationWithoutRightS": [57], "ACLIntegrationWithoutRightT": [57], "ACLIntegrationWithoutRightW": [57]}),
    ("nothing comes between the reference and the pattern (RFC 9051 section 6.3.9); James puts its separator there",
     {"ListWithSharedMailbox": [95, 180]}),
    ("RETURN stands behind a space (RFC 9051 section 9: list)", {"ListWithSharedMailbox": [194, 207]}),
    ("XLIST was replaced by RFC 6154, and a mailbox gets a use when it is made with one, not by its name", {"XList": [29, 44, 56, 71, 77]}),
]


def by_dialogue():
    """For each dialogue its lines, each with why."""
    found = {}
    for why, places in ARGUED:
        for name, lines in places.items():
            found.setdefault(name, {}).update({line: why for line in lines})
    return found


def count():
    return sum(len(lines) for _, places in ARGUED for lines in places.values())
