#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/wire/command/testing.h"

namespace posthouse::imap {
namespace {

// The canonical text of the one command in `text`, "BAD …" where it is refused. That text is checked to be the same
// command.
std::string read_one(std::string text, const CommandLimits& limits = {}, NameStyle names = NameStyle::utf7) {
  text = "t " + text + "\r\n";
  auto events = play(text, limits, names);
  std::erase(events, "+");
  if (events.size() != 1) {
    return "no single event";
  }
  if (events[0].starts_with("t BAD ")) {
    return events[0].substr(2);
  }
  const std::string canonical = events[0].substr(2);
  auto again = play(canonical + "\r\n", limits, names);
  std::erase(again, "+");
  EXPECT_EQ(again, events);
  return canonical.substr(2);
}

// Texts that are canonical already.
void expect_same(std::initializer_list<const char*> texts) {
  for (const char* text : texts) {
    EXPECT_EQ(read_one(text), text);
  }
}

void expect_bad(std::initializer_list<const char*> texts) {
  for (const char* text : texts) {
    EXPECT_EQ(read_one(text).substr(0, 4), "BAD ") << text;
  }
}

TEST(Commands, OfAnyState) {
  expect_same({"CAPABILITY", "NOOP", "LOGOUT", "ID NIL", "ID (\"name\" \"x\" \"os\" NIL)", "STARTTLS",
               "AUTHENTICATE PLAIN", "AUTHENTICATE SCRAM-SHA-256 biwsbj0=", "LOGIN ann \"a b\"",
               "ENABLE CONDSTORE QRESYNC", "COMPRESS DEFLATE", "UNAUTHENTICATE"});
  EXPECT_EQ(read_one("login \"ann\" \"NIL\""), "LOGIN ann \"NIL\"");
  EXPECT_EQ(read_one("id ()"), "ID NIL");
  // What clients are seen to send.
  EXPECT_EQ(read_one("ID (\"a\", \"b\", \"version\" 102.7.1)"), "ID (\"a\" \"b\" \"version\" \"102.7.1\")");
  EXPECT_EQ(read_one("AUTHENTICATE \"plain\" {4+}\r\nAGE="), "AUTHENTICATE PLAIN AGE=");
  EXPECT_EQ(read_one("LOGIN  ann   b"), "LOGIN ann b");
  expect_bad({"LOGIN ann", "LOGIN ann b c", "LOGIN (a) b", "AUTHENTICATE", "ENABLE", "ENABLE ", "ID", "ID (\"a\")",
              "ID (\"a\" \"b\"", "COMPRESS", "STARTTLS x", "LOGIN a b{", "LOGIN \"a\"b c"});
}

TEST(Commands, OfMailboxes) {
  expect_same({"SELECT INBOX",
               "EXAMINE \"a b\"",
               "SELECT x (CONDSTORE)",
               "SELECT x (QRESYNC (67890007 20050715194045000))",
               "SELECT x (QRESYNC (67890007 90060115194045000 41,43:211,214:541))",
               "SELECT x (QRESYNC (67890007 90060115194045000 41:211 (1,5 41,50)))",
               "SELECT x (QRESYNC (1 2 (1,5 41,50)))",
               "SELECT x (CONDSTORE QRESYNC (1 2))",
               "CREATE x",
               "CREATE x (USE (\\Sent \\Drafts))",
               "DELETE x",
               "RENAME x y",
               "SUBSCRIBE x",
               "UNSUBSCRIBE x",
               "NAMESPACE",
               "CHECK",
               "CLOSE",
               "UNSELECT",
               "IDLE",
               "STATUS x (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED DELETED-STORAGE SIZE HIGHESTMODSEQ "
               "APPENDLIMIT MAILBOXID)"});
  EXPECT_EQ(read_one("select InBoX"), "SELECT INBOX");
  EXPECT_EQ(read_one("select \"&ZeVnLIqe-\""), "SELECT &ZeVnLIqe-");
  EXPECT_EQ(read_one("select \"&Jjo-a&-b\"", {}, NameStyle::utf7), "SELECT &Jjo-a&-b");
  EXPECT_EQ(read_one("create x ()"), "BAD An unknown parameter of CREATE");
  expect_bad({"SELECT", "SELECT ", "SELECT x y", "SELECT x (FROB)", "SELECT x ()", "SELECT x (QRESYNC)",
              "SELECT x (QRESYNC (0 1))", "SELECT x (QRESYNC (1))", "SELECT x (QRESYNC (1 2 3 (4)))", "RENAME x",
              "RENAME x y z", "DELETE %", "SELECT a*", "STATUS x", "STATUS x ()", "STATUS x MESSAGES",
              "STATUS x (FROB)", "CREATE x (USE (Sent))", "CHECK x"});
}

TEST(Commands, NamesWithoutMailboxAreNoSyntaxError) {
  CommandReader reader;
  ASSERT_EQ(reader.read("a SELECT !#$$&'+,-.0123456789:;<=>?@^_`|[}\r\n").event,
            CommandEvent::command);  // ImapTest: atoms
  const auto& select = std::get<command::Select>(reader.command().arguments);
  EXPECT_FALSE(select.mailbox.valid);
  EXPECT_EQ(select.mailbox.name, "!#$$&'+,-.0123456789:;<=>?@^_`|[}");
}

TEST(Commands, NamesInUtf8) {
  EXPECT_EQ(read_one("SELECT \"日本語\"", {}, NameStyle::utf8), "SELECT {9}\r\n日本語");
  CommandReader reader;
  reader.set_names(NameStyle::utf8);
  ASSERT_EQ(reader.read("a SELECT \"日本語\"\r\n").event, CommandEvent::command);
  EXPECT_EQ(std::get<command::Select>(reader.command().arguments).mailbox.name, "日本語");
}

TEST(Commands, List) {
  expect_same({"LIST \"\" \"\"", "LIST \"\" \"*\"", "LIST ~/Mail/ \"%\"", "LSUB #news. \"comp.mail.*\"",
               "LIST () \"\" (\"*\") RETURN ()", "LIST (SUBSCRIBED) \"\" (\"*\") RETURN ()",
               "LIST (SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE) \"\" (\"INBOX\" \"Drafts\" \"Sent/%\") RETURN "
               "(SUBSCRIBED CHILDREN "
               "SPECIAL-USE MYRIGHTS STATUS (MESSAGES UNSEEN) METADATA (/shared/comment /private/comment))",
               "LIST () \"\" (\"%\") RETURN (STATUS (SIZE))"});
  EXPECT_EQ(read_one("list \"\" %"), "LIST \"\" \"%\"");
  EXPECT_EQ(read_one("list \"\" ~foo"), "LIST \"\" \"~foo\"");
  EXPECT_EQ(read_one("list \"\" NIL"), "LIST \"\" \"NIL\"");
  EXPECT_EQ(read_one("list inbox inbox"), "LIST INBOX \"INBOX\"");
  EXPECT_EQ(read_one("LIST \"\" % RETURN (CHILDREN)"), "LIST () \"\" (\"%\") RETURN (CHILDREN)");
  EXPECT_EQ(read_one("LIST \"\" (A B)"), "LIST () \"\" (\"A\" \"B\") RETURN ()");
  expect_bad({"LIST", "LIST \"\"", "LIST \"\" ", "LIST \"\" \"\" x", "LIST (RECURSIVEMATCH) \"\" %",
              "LIST (RECURSIVEMATCH REMOTE) \"\" %", "LIST (FROB) \"\" %", "LIST \"\" % RETURN",
              "LIST \"\" % RETURN (FROB)", "LIST \"\" () RETURN ()", "LSUB (SUBSCRIBED) \"\" %",
              "LIST \"\" % RETURN (STATUS)", "LIST \"\" % RETURN (STATUS ())"});
}

TEST(Commands, Fetch) {
  expect_same({"FETCH 1 (FLAGS)", "UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 5 VANISHED)", "FETCH $ (BODY[])",
               "FETCH 1 (ENVELOPE BODY BODYSTRUCTURE INTERNALDATE RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE EMAILID "
               "THREADID SAVEDATE "
               "PREVIEW PREVIEW (LAZY))",
               "FETCH 1 (BODY.PEEK[1.2.MIME] BODY[HEADER]<0.100> BODY[3.HEADER.FIELDS (Subject \"a b\")] BODY[TEXT] "
               "BODY.PEEK[HEADER.FIELDS.NOT (a)]<5.1>)",
               "FETCH 1 (BINARY[1] BINARY.PEEK[1.2]<0.7> BINARY.SIZE[2] BINARY[])",
               "UID FETCH 25900:26600 (UID) (PARTIAL -1:-100)", "FETCH 1 (FLAGS) (CHANGEDSINCE 1 PARTIAL 1:5)"});
  EXPECT_EQ(read_one("fetch 1 body[header.fields (a \"b\")]"), "FETCH 1 (BODY[HEADER.FIELDS (a b)])");
  EXPECT_EQ(read_one("fetch 1 body[header.fields ({1+}\r\na)]"), "FETCH 1 (BODY[HEADER.FIELDS (a)])");
  EXPECT_EQ(read_one("fetch 1 all"), "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)");
  EXPECT_EQ(read_one("fetch 1 (fast uid)"), "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE UID)");
  EXPECT_EQ(read_one("fetch 1 fast"), "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)");
  EXPECT_EQ(read_one("fetch 1 full"), "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)");
  expect_bad({"FETCH",
              "FETCH 1",
              "FETCH 1 ",
              "FETCH 0 FLAGS",
              "FETCH a FLAGS",
              "FETCH 1 ()",

              "FETCH 1 FLAGS UID",
              "FETCH 1 (FLAGS",
              "FETCH 1 FLAGS)",
              "FETCH 1 FROB",
              "FETCH 1 BODY[",
              "FETCH 1 BODY[MIME]",
              "FETCH 1 BODY[0]",
              "FETCH 1 BODY[1.]",
              "FETCH 1 BODY[1.0]",
              "FETCH 1 BODY[1 ]",
              "FETCH 1 BODY[HEADERX]",
              "FETCH 1 BODY[HEADER.FIELDS]",
              "FETCH 1 BODY[HEADER.FIELDS ()]",
              "FETCH 1 BODY[]<1>",
              "FETCH 1 BODY[]<1.0>",
              "FETCH 1 BODY[]<a.1>",
              "FETCH 1 BODY.PEEK",
              "FETCH 1 BINARY",
              "FETCH 1 BINARY[TEXT]",
              "FETCH 1 BINARY.SIZE[1]<0.1>",
              "FETCH 1 BINARY.SIZE.PEEK[1]",
              "FETCH 1 FLAGS (VANISHED)",
              "FETCH 1 FLAGS (CHANGEDSINCE)",
              "FETCH 1 FLAGS (FROB)",
              "FETCH 1 FLAGS (PARTIAL 1:-1)",
              "FETCH 1 FLAGS (PARTIAL 0:1)",
              "FETCH 1 ENVELOPE[1]",
              "FETCH 1 BODY[1HEADER]"});
}

TEST(Commands, StoreCopyMoveExpunge) {
  expect_same({"STORE 1 FLAGS ()", "STORE 1:* +FLAGS.SILENT (\\Deleted $x)",
               "UID STORE 7 (UNCHANGEDSINCE 12121230045) -FLAGS (\\Seen)", "COPY 2:4 MEETING", "UID COPY 1,3 x",
               "MOVE 1 x", "UID MOVE 1:* x", "EXPUNGE", "UID EXPUNGE 3000:3002"});
  EXPECT_EQ(read_one("store 1 +flags nil"), "STORE 1 +FLAGS (nil)");
  EXPECT_EQ(read_one("store 1 flags \\seen a b"), "STORE 1 FLAGS (\\Seen a b)");
  expect_bad({"STORE 1", "STORE 1 FLAGS", "STORE 1 FLAGS ", "STORE 1 FROB (a)", "STORE 1 FLAGS (a",
              "STORE 1 FLAGS (\\*)", "STORE 1 FLAGS (\\)", "STORE 1 (UNCHANGEDSINCE) FLAGS ()", "STORE 1 FLAGS (a) b",
              "COPY 1", "COPY x 1", "EXPUNGE 1", "UID EXPUNGE", "MOVE 1 x y"});
}

TEST(Commands, Search) {
  expect_same({"SEARCH ALL",
               "UID SEARCH 1:5,*",
               "SEARCH $",
               "SEARCH ANSWERED DELETED DRAFT FLAGGED SEEN UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN RECENT OLD",
               "SEARCH KEYWORD $x UNKEYWORD y",
               "SEARCH BCC a BODY \"b c\" CC d FROM e SUBJECT f TEXT g TO h HEADER X-i \"\"",
               "SEARCH BEFORE 1-Feb-1994 ON 2-Feb-1994 SINCE 3-Feb-1994 SENTBEFORE 4-Feb-1994 SENTON 5-Feb-1994 "
               "SENTSINCE 6-Feb-1994",
               "SEARCH SAVEDBEFORE 1-Feb-1994 SAVEDON 2-Feb-1994 SAVEDSINCE 3-Feb-1994 SAVEDATESUPPORTED",
               "SEARCH LARGER 1 SMALLER 2 OLDER 3 YOUNGER 4 UID 5:*",
               "SEARCH MODSEQ 620162338 MODSEQ \"/flags/\\\\draft\" all 620162338",
               "SEARCH EMAILID M6d99 THREADID T64b",
               "SEARCH NOT DELETED",
               "SEARCH OR FROM a NOT (TO b OR CC c BCC d)",
               "SEARCH ((((ALL))))",
               "SEARCH NOT NOT NOT ALL",
               "SEARCH OR OR ALL ALL OR ALL ALL 1",
               "SEARCH (ALL 1:2) (SEEN)",
               "SEARCH CHARSET UTF-8 TEXT {2}\r\nä",
               "SEARCH RETURN (MIN MAX ALL COUNT SAVE) UNSEEN",
               "SEARCH RETURN (COUNT CONTEXT UPDATE PARTIAL 1:100) CHARSET UTF-8 ALL",
               "UID SEARCH RETURN (PARTIAL -1:-100) ALL"});
  EXPECT_EQ(read_one("SEARCH OR ( SEEN  ALL ) (DRAFT )  "), "SEARCH OR (SEEN ALL) (DRAFT)");
  EXPECT_EQ(read_one("search new"), "SEARCH (RECENT UNSEEN)");
  EXPECT_EQ(read_one("search return () seen"), "SEARCH RETURN (ALL) SEEN");
  EXPECT_EQ(read_one("search since \"1-feb-1994\" header subject x"), "SEARCH SINCE 1-Feb-1994 HEADER subject x");
  EXPECT_EQ(read_one("search text NIL"), "SEARCH TEXT \"NIL\"");
  expect_bad({"SEARCH",
              "SEARCH ",
              "SEARCH FROB",
              "SEARCH NOT",
              "SEARCH OR ALL",
              "SEARCH (ALL",
              "SEARCH ALL)",
              "SEARCH ()",

              "SEARCH FROM",
              "SEARCH HEADER a",
              "SEARCH SINCE x",
              "SEARCH SINCE \"1-Feb-1994",
              "SEARCH LARGER x",
              "SEARCH LARGER 99999999999999999999",
              "SEARCH OLDER 0",
              "SEARCH UID",
              "SEARCH UID x",
              "SEARCH 0",
              "SEARCH 1:",
              "SEARCH KEYWORD",
              "SEARCH MODSEQ",
              "SEARCH MODSEQ \"x\" all 1",
              "SEARCH MODSEQ \"/flags/\" all 1",
              "SEARCH MODSEQ \"/flags/\xFFx\" all 1",
              "SEARCH MODSEQ \"/flags/x\" frob 1",
              "SEARCH RETURN (FROB) ALL",
              "SEARCH RETURN (ALL)",
              "SEARCH RETURN ALL",
              "SEARCH CHARSET",
              "SEARCH CHARSET x",
              "SEARCH RETURN (PARTIAL 1) ALL",
              "SEARCH ALL CHARSET x"});
}

TEST(Commands, SearchKeysAreATreeInOrder) {
  CommandReader reader;
  ASSERT_EQ(reader.read("a SEARCH OR (SEEN FROM x 1:2) NOT NEW UID 7\r\n").event, CommandEvent::command);
  const SearchKeys& keys = std::get<command::Search>(reader.command().arguments).keys;
  std::vector<std::pair<SearchTerm, std::uint32_t>> shape;
  for (const SearchKey& key : keys) {
    shape.emplace_back(key.term, key.size);
  }
  using T = SearchTerm;
  EXPECT_THAT(shape,
              testing::ElementsAre(testing::Pair(T::any_of, 9), testing::Pair(T::all_of, 4), testing::Pair(T::flag, 1),
                                   testing::Pair(T::header, 1), testing::Pair(T::numbers, 1),
                                   testing::Pair(T::none_of, 4), testing::Pair(T::all_of, 3), testing::Pair(T::flag, 1),
                                   testing::Pair(T::no_flag, 1), testing::Pair(T::uids, 1)));
  EXPECT_EQ(child_count(keys, 0), 2U);
  EXPECT_EQ(child_count(keys, 1), 3U);
  EXPECT_EQ(child_count(keys, 5), 1U);
  EXPECT_EQ(child_count(keys, 9), 0U);
}

TEST(Commands, SearchIsBounded) {
  const auto nested = [](std::size_t depth) {
    return "SEARCH " + std::string(depth, '(') + "ALL" + std::string(depth, ')');
  };
  EXPECT_EQ(read_one(nested(100)), nested(100));
  EXPECT_EQ(read_one(nested(101)), "BAD The search is nested too deep");
  std::string nots = "SEARCH";
  for (int i = 0; i < 5000; ++i) {
    nots += " NOT";
  }
  EXPECT_EQ(read_one(nots + " ALL"), "BAD The search is nested too deep");
  std::string many = "SEARCH";
  for (int i = 0; i < 100; ++i) {
    many += " ALL";
  }
  EXPECT_EQ(read_one(many, {.search_keys = 100}), many);
  EXPECT_EQ(read_one(many + " ALL", {.search_keys = 100}), "BAD Too many search keys");
  std::string ranges = "FETCH 1";
  for (int i = 1; i < 100; ++i) {
    ranges += ",1";
  }
  EXPECT_EQ(read_one(ranges + " (UID)", {.ranges = 100}), ranges + " (UID)");
  EXPECT_EQ(read_one(ranges + ",1 (UID)", {.ranges = 100}).substr(0, 4), "BAD ");
  std::string flags = "STORE 1 FLAGS (a0";
  for (int i = 1; i < 100; ++i) {
    flags += " a" + std::to_string(i);
  }
  EXPECT_EQ(read_one(flags + ")", {.items = 100}), flags + ")");
  EXPECT_EQ(read_one(flags + " b)", {.items = 100}), "BAD A list is too long");
}

TEST(Commands, SortThreadMultiSearch) {
  expect_same({"SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
               "UID SORT RETURN (MIN COUNT) (REVERSE SIZE) UTF-8 UNDELETED SINCE 1-Feb-1994",
               "SORT (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM REVERSE DISPLAYTO) US-ASCII 1",
               "THREAD ORDEREDSUBJECT UTF-8 SINCE 5-Mar-2000", "UID THREAD REFS US-ASCII TEXT gewp",
               "ESEARCH IN (SUBTREE-ONE folder1) UNSEEN",
               "ESEARCH IN (MAILBOXES \"a b\" SUBTREE (c d) PERSONAL) RETURN (MIN) CHARSET UTF-8 SUBJECT x",
               "ESEARCH ALL", "CANCELUPDATE \"a1\" \"a2\""});
  EXPECT_EQ(read_one("esearch in (mailboxes \"a\" subtree-one c) unseen"),
            "ESEARCH IN (MAILBOXES a SUBTREE-ONE c) UNSEEN");
  expect_bad({"SORT () UTF-8 ALL", "SORT (FROB) UTF-8 ALL", "SORT (REVERSE) UTF-8 ALL", "SORT (DATE) ALL",
              "SORT (DATE) UTF-8", "THREAD", "THREAD REFS", "THREAD REFS UTF-8", "ESEARCH IN () ALL",
              "ESEARCH IN (FROB) ALL", "ESEARCH IN (SELECTED-DELAYED) ALL", "ESEARCH IN (MAILBOXES) ALL",
              "CANCELUPDATE"});
}

TEST(Commands, AclQuotaMetadata) {
  expect_same({"GETACL x", "SETACL x ann lrs", "SETACL x -ann +te", "SETACL x \"a b\" -te", "SETACL x ann \"\"",
               "DELETEACL x ann", "LISTRIGHTS x ann", "MYRIGHTS x", "GETQUOTA \"\"", "GETQUOTAROOT INBOX",
               "SETQUOTA \"\" (STORAGE 512 MESSAGE 0)", "SETQUOTA \"\" ()", "GETMETADATA \"\" (/shared/comment)",
               "GETMETADATA (MAXSIZE 1024 DEPTH infinity) INBOX (/shared/a /private/b)",
               "SETMETADATA INBOX (/private/comment \"My new comment\")",
               "SETMETADATA \"\" (/private/a NIL /shared/b {3}\r\na\r\n)"});
  EXPECT_EQ(read_one("getmetadata inbox (depth 1) (maxsize 15) /private/x"),
            "GETMETADATA (MAXSIZE 15 DEPTH 1) INBOX (/private/x)");
  EXPECT_EQ(read_one("SETMETADATA x (/a \"NIL\" /b \"\")"), "SETMETADATA x (/a \"NIL\" /b \"\")");
  expect_bad({"GETACL",
              "SETACL x ann",
              "DELETEACL x",
              "LISTRIGHTS x",
              "MYRIGHTS x y",
              "GETQUOTA",
              "SETQUOTA x",
              "SETQUOTA x (STORAGE)",
              "SETQUOTA x (STORAGE -1)",
              "GETMETADATA x",
              "GETMETADATA x ()",
              "GETMETADATA x (DEPTH 2) /a",
              "GETMETADATA x a",
              "GETMETADATA x (/a) (/b)",
              "GETMETADATA x (MAXSIZE 10) (DEPTH 1)",
              "SETMETADATA x ()",
              "SETMETADATA x (/a )",
              "SETMETADATA x (/a)",
              "SETMETADATA x /a \"b\")",
              "SETMETADATA x (/a \"b\"",
              "SETMETADATA x (/a PP\")",
              "SETMETADATA x (/a b c)"});
}

TEST(Commands, MetadataTakesAnyOctets) {
  using namespace std::literals;
  EXPECT_THAT(play("t SETMETADATA x (/a ~{3+}\r\na\0b)\r\n"sv),
              testing::ElementsAre("> t SETMETADATA x (/a ~{3}\r\na\0b)"s));
}

TEST(Commands, NotifyAndBatches) {
  expect_same(
      {"NOTIFY NONE",
       "NOTIFY SET STATUS (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge FlagChange))",
       "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge)) (SUBTREE (Lists \"a b\") NONE) (PERSONAL "
       "(MailboxName "
       "SubscriptionChange MailboxMetadataChange ServerMetadataChange))",
       "NOTIFY SET (MAILBOXES INBOX (MessageNew MessageExpunge AnnotationChange))", "UIDBATCHES 2000",
       "UIDBATCHES 500 10:20"});
  EXPECT_EQ(read_one("notify set (inboxes (messageexpunge messagenew))"),
            "NOTIFY SET (INBOXES (MessageNew MessageExpunge))");
  EXPECT_EQ(read_one("uidbatches 500 20:10"), "UIDBATCHES 500 10:20");
  expect_bad({"NOTIFY", "NOTIFY SET", "NOTIFY SET ()", "NOTIFY SET (SELECTED)", "NOTIFY SET (SELECTED ())",
              "NOTIFY SET (SELECTED (FROB))", "NOTIFY SET (SELECTED (MessageNew))",
              "NOTIFY SET (SELECTED (MessageExpunge))", "NOTIFY SET (SELECTED (FlagChange))",
              "NOTIFY SET (SUBTREE-ONE x NONE)", "NOTIFY SET (SUBTREE NONE)", "NOTIFY NONE x", "UIDBATCHES",
              "UIDBATCHES 0", "UIDBATCHES 5 1", "UIDBATCHES 5 1:2 3"});
}

TEST(Commands, Append) {
  EXPECT_THAT(play("t APPEND x {1+}\r\na\r\n"), testing::Contains("> t APPEND x"));
  CommandReader reader;
  ASSERT_EQ(reader.read("a REPLACE 4 \"Drafts\" (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {3}\r\n").event,
            CommandEvent::part);
  const auto& append = std::get<command::Append>(reader.command().arguments);
  EXPECT_EQ(append.mailbox.name, "Drafts");
  EXPECT_EQ(append.replaces->to_string(), "4");
  EXPECT_TRUE(reader.part().flags.has(SystemFlag::seen));
  EXPECT_EQ(reader.part().size, 3U);
  EXPECT_TRUE(reader.part().synchronizing);
  EXPECT_TRUE(reader.part().begins_message);
}

}  // namespace
}  // namespace posthouse::imap
