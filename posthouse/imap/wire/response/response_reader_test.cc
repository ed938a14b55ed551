#include "posthouse/imap/wire/response/response_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/wire/response/testing.h"

namespace posthouse::imap {
namespace {

using response::Condition;

template <class T>
T read_as(std::string_view line, NameStyle names = NameStyle::utf7) {
  const Response response = read_response(line, names);
  EXPECT_EQ(response.kind, ResponseKind::untagged) << line;
  const T* data = std::get_if<T>(&response.data);
  EXPECT_NE(data, nullptr) << line;
  return data == nullptr ? T() : *data;
}

response::Status status_in(std::string_view line) {
  const Response response = read_response(line);
  const auto* status = std::get_if<response::Status>(&response.data);
  EXPECT_NE(status, nullptr) << line;
  return status == nullptr ? response::Status() : *status;
}

TEST(ResponseReader, ReadsStatus) {
  EXPECT_EQ(status_in("* OK Hello [x] {5}"), (response::Status{Condition::ok, {}, "Hello [x] {5}"}));
  EXPECT_EQ(status_in("* preauth"), (response::Status{Condition::preauth, {}, ""}));
  EXPECT_EQ(status_in("* BYE  gone"), (response::Status{Condition::bye, {}, "gone"}));
  const Response tagged = read_response("a1 NO [trycreate] none {3}");
  EXPECT_EQ(tagged.kind, ResponseKind::tagged);
  EXPECT_EQ(tagged.tag, "a1");
  EXPECT_EQ(std::get<response::Status>(tagged.data),
            (response::Status{Condition::no, ResponseCode::word("TRYCREATE"), "none {3}"}));
  const Response plus = read_response("+ {4}");
  EXPECT_EQ(plus.kind, ResponseKind::continuation);
  EXPECT_EQ(std::get<response::Status>(plus.data).text, "{4}");
  EXPECT_EQ(read_response("+").kind, ResponseKind::continuation);
}

TEST(ResponseReader, ReadsCodes) {
  const auto code = [](const std::string& text) {
    return status_in("* OK [" + text + "] x").code.value_or(ResponseCode{"none"});
  };
  EXPECT_EQ(code("ALERT"), ResponseCode::word("ALERT"));
  EXPECT_EQ(code("UIDNEXT 4392"), ResponseCode::number("UIDNEXT", 4392));
  EXPECT_EQ(code("HIGHESTMODSEQ 715194045007").number(), 715194045007U);
  EXPECT_EQ(code("CAPABILITY IMAP4rev1 AUTH=PLAIN"),
            (ResponseCode{"CAPABILITY", std::vector<std::string>{"IMAP4rev1", "AUTH=PLAIN"}}));
  EXPECT_EQ(code("BADCHARSET (UTF-8 \"US ASCII\")"),
            (ResponseCode{"BADCHARSET", std::vector<std::string>{"UTF-8", "US ASCII"}}));
  Flags flags;
  flags.add("\\Seen");
  flags.add("\\*");
  EXPECT_EQ(code("PERMANENTFLAGS (\\Seen \\*)"), ResponseCode::permanent_flags(flags));
  EXPECT_EQ(code("APPENDUID 38505 3955:3957"),
            (ResponseCode{"APPENDUID", AppendUid{38505, *SequenceSet::parse("3955:3957")}}));
  EXPECT_EQ(code("COPYUID 38505 304,319:320 3956:3958"),
            ResponseCode::copy_uid(38505, *SequenceSet::parse("304,319:320"), *SequenceSet::parse("3956:3958")));
  EXPECT_EQ(code("MODIFIED 7,9"), (ResponseCode{"MODIFIED", *SequenceSet::parse("7,9")}));
  EXPECT_EQ(code("MAILBOXID (F2212ea87)"), ResponseCode::mailbox_id("F2212ea87"));
  EXPECT_EQ(code("INPROGRESS (\"A001\" 454 1000)"), (ResponseCode{"INPROGRESS", Progress{"A001", 454, 1000}}));
  EXPECT_EQ(code("INPROGRESS (NIL NIL NIL)"), (ResponseCode{"INPROGRESS", Progress{}}));
  EXPECT_EQ(code("INPROGRESS"), ResponseCode::word("INPROGRESS"));
  EXPECT_EQ(code("MESSAGELIMIT 1000 23221"), (ResponseCode{"MESSAGELIMIT", MessageLimit{1000, 23221}}));
  EXPECT_EQ(code("METADATA MAXSIZE 1024"), (ResponseCode{"METADATA", MetadataProblem{"MAXSIZE", 1024}}));
  EXPECT_EQ(code("METADATA TOOMANY"), (ResponseCode{"METADATA", MetadataProblem{"TOOMANY", {}}}));
  EXPECT_EQ(code("REFERRAL imap://a/b;c=\"]\""), (ResponseCode{"REFERRAL", "imap://a/b;c=\"]\""}));
  EXPECT_EQ(code("COPYUID 701  "), (ResponseCode{"COPYUID", "701  "}));
  EXPECT_EQ(code("UIDNEXT x"), (ResponseCode{"UIDNEXT", "x"}));
  EXPECT_EQ(status_in("* OK [Error=\"x\" y] z").text, "[Error=\"x\" y] z");
  EXPECT_EQ(status_in("* OK [UNSEEN 5 z").text, "[UNSEEN 5 z");
  EXPECT_EQ(status_in("* OK [] z").text, "[] z");
  EXPECT_EQ(status_in("* OK  [ALERT] z"), (response::Status{Condition::ok, {}, "[ALERT] z"}));  // as our writer has it
}

TEST(ResponseReader, ReadsMailboxes) {
  const auto list = read_as<response::ListEntry>("* LIST (\\Noselect \\HasChildren) \"/\" ~/Mail/&ZeVnLIqe-");
  EXPECT_THAT(list.attributes, testing::ElementsAre("\\Noselect", "\\HasChildren"));
  EXPECT_TRUE(list.has("\\haschildren"));
  EXPECT_EQ(list.delimiter, "/");
  EXPECT_EQ(list.mailbox.name, "~/Mail/日本語");
  EXPECT_EQ(read_as<response::ListEntry>("* LIST () NIL inbox"), (response::ListEntry{.mailbox = {"INBOX"}}));
  EXPECT_EQ(read_as<response::ListEntry>("* LIST (\\A) \".\" {3}\r\na.b").mailbox.name, "a.b");
  EXPECT_EQ(read_as<response::ListEntry>("* LIST () \"\\\\\" \"a\\\\b\"").mailbox.name, "a\\b");
  EXPECT_EQ(read_as<response::ListEntry>("* LIST () \"/\" \"日本\"").mailbox, (MailboxName{"日本"}));
  EXPECT_EQ(read_as<response::ListEntry>("* LIST () \"/\" \"a\xFF\"").mailbox, (MailboxName{"a\xFF", false}));
  EXPECT_EQ(read_as<response::ListEntry>("* LIST () \"/\" \"日本&-\"", NameStyle::utf8).mailbox,
            (MailboxName{"日本&-"}));
  const auto extended = read_as<response::ListEntry>(
      "* LIST (\\NonExistent) \"/\" \"Foo\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"Bar\") x (1 (2)))");
  EXPECT_THAT(extended.child_info, testing::ElementsAre("SUBSCRIBED"));
  EXPECT_EQ(extended.old_name->name, "Bar");
  EXPECT_EQ(read_as<response::ListEntry>("* LSUB () \"/\" x").kind, response::ListKind::lsub);
  EXPECT_EQ(read_as<response::ListEntry>("* XLIST (\\Inbox \\) \"/\" x").kind, response::ListKind::xlist);
  const auto spaces = read_as<response::Namespaces>("* NAMESPACE ((\"\" \"/\")) ((\"~\" NIL \"X\" (\"a\"))) NIL");
  EXPECT_EQ(spaces.personal, (std::vector<response::Namespace>{{"", "/"}}));
  EXPECT_EQ(spaces.other_users, (std::vector<response::Namespace>{{"~", {}}}));
  EXPECT_TRUE(spaces.shared.empty());
  const auto status = read_as<response::MailboxStatus>(
      "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292 MAILBOXID (F1) APPENDLIMIT NIL X-FOO (1))");
  EXPECT_EQ(status.number(StatusItem::messages), 231U);
  EXPECT_EQ(status.number(StatusItem::uid_next), 44292U);
  EXPECT_EQ(status.number(StatusItem::append_limit), std::nullopt);
  EXPECT_EQ(status.values[2].text, "F1");
}

TEST(ResponseReader, ReadsNumbersAndSearches) {
  EXPECT_EQ(read_as<response::Exists>("* 23 EXISTS").count, 23U);
  EXPECT_EQ(read_as<response::Recent>("* 0 RECENT").count, 0U);
  EXPECT_EQ(read_as<response::Expunge>("* 5 expunge").number, 5U);
  EXPECT_EQ(read_as<response::Vanished>("* VANISHED (EARLIER) 41,43:116").uids.to_string(), "41,43:116");
  EXPECT_FALSE(read_as<response::Vanished>("* VANISHED 1:4294967295").earlier);
  EXPECT_EQ(read_as<response::Search>("* SEARCH 2 84 882 (MODSEQ 917162500)"),
            (response::Search{false, {2, 84, 882}, 917162500}));
  EXPECT_EQ(read_as<response::Search>("* SEARCH"), response::Search());
  EXPECT_EQ(read_as<response::Search>("* SORT 3 1 2 ").numbers, (std::vector<std::uint32_t>{3, 1, 2}));
  const auto found =
      read_as<response::ExtendedSearch>("* ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800 COUNT 15 MODSEQ 5 ALL 9,1:2");
  EXPECT_EQ(found.tag, "A285");
  EXPECT_TRUE(found.uid);
  EXPECT_EQ(found.min, 7U);
  EXPECT_EQ(found.count, 15U);
  EXPECT_EQ(found.all->to_string(), "9,1:2");
  const auto partial = read_as<response::ExtendedSearch>("* ESEARCH (TAG \"a\") PARTIAL (-1:-100 NIL)");
  EXPECT_EQ(partial.partial, (PartialRange{-1, -100}));
  EXPECT_FALSE(partial.partial_found);
  const auto updates =
      read_as<response::ExtendedSearch>("* ESEARCH (TAG \"b\") UID ADDTO (1 2733 1 2731:2732) REMOVEFROM (0 5)");
  EXPECT_EQ(updates.updates, (std::vector<response::SearchUpdate>{{true, 1, *SequenceSet::parse("2733")},
                                                                  {true, 1, *SequenceSet::parse("2731:2732")},
                                                                  {false, 0, *SequenceSet::parse("5")}}));
  const auto multi =
      read_as<response::ExtendedSearch>("* ESEARCH (TAG \"t\" MAILBOX \"folder1\" UIDVALIDITY 1) UID ALL 4001,4003");
  EXPECT_EQ(multi.mailbox->name, "folder1");
  EXPECT_EQ(multi.uid_validity, 1U);
}

TEST(ResponseReader, ReadsThreads) {
  using Node = response::ThreadNode;
  EXPECT_THAT(read_as<response::Thread>("* THREAD (2)(3 6 (4 23)(44 7 96))").nodes,
              testing::ElementsAre(Node{2, 0}, Node{3, 0}, Node{6, 1}, Node{4, 2}, Node{23, 3}, Node{44, 2}, Node{7, 3},
                                   Node{96, 4}));
  EXPECT_THAT(read_as<response::Thread>("* THREAD ((3)(5))(1)").nodes,
              testing::ElementsAre(Node{0, 0}, Node{3, 1}, Node{5, 1}, Node{1, 0}));
  EXPECT_TRUE(read_as<response::Thread>("* THREAD").nodes.empty());
  EXPECT_EQ(read_response("* THREAD (1").data.index(), 0U);
  std::string deep = "* THREAD ";
  deep += std::string(100'000, '(') + "1" + std::string(100'000, ')');
  EXPECT_EQ(std::get<response::Thread>(play_responses_in(deep + "\r\n", 0, false).responses.at(0).data).nodes.size(),
            100'000U);
}

TEST(ResponseReader, ReadsFetch) {
  const auto fetch = read_as<response::Fetch>(
      "* 12 FETCH (FLAGS (\\Seen $x) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 UID 7 MODSEQ (65402) "
      "EMAILID (M6d) "
      "THREADID NIL SAVEDATE NIL PREVIEW \"hi\" BINARY.SIZE[1] 5 X-GM-LABELS (\"a\" (b)) BODY[1.2.HEADER.FIELDS (\"a\" "
      "B)]<0> {4}\r\na\r\n) "
      "BODY[] NIL RFC822.TEXT \"x\" BINARY[1] ~{2}\r\nza)");
  EXPECT_EQ(fetch.number, 12U);
  EXPECT_EQ(fetch.flags->to_string(), "\\Seen $x");
  EXPECT_EQ(fetch.size, 4286U);
  EXPECT_EQ(fetch.uid, 7U);
  EXPECT_EQ(fetch.modseq, 65402U);
  EXPECT_EQ(fetch.email_id, "M6d");
  EXPECT_TRUE(fetch.thread_id && !*fetch.thread_id);
  EXPECT_TRUE(fetch.save_date && !*fetch.save_date);
  EXPECT_EQ(**fetch.preview, "hi");
  EXPECT_EQ(fetch.binary_sizes[0].size, 5U);
  EXPECT_EQ(fetch.others[0], (std::pair<std::string, std::string>("X-GM-LABELS", "(\"a\" (b))")));
  ASSERT_EQ(fetch.bodies.size(), 4U);
}

TEST(ResponseReader, ReadsFetchWithNul) {
  using namespace std::literals;
  const std::string text = "* 1 FETCH (BINARY[1] ~{2}\r\n\0a UID 3 BODY[2] {2}\r\n\0b)"s;
  const auto fetch = read_as<response::Fetch>(text);
  EXPECT_EQ(fetch.bodies.at(0).octets, std::string("\0a", 2));
  EXPECT_EQ(fetch.bodies.at(1).octets, std::string("\0b", 2));
  EXPECT_EQ(fetch.uid, 3U);
  const auto by_uid = read_as<response::Fetch>("* 25996 UIDFETCH (FLAGS ())");
  EXPECT_TRUE(by_uid.by_uid);
  EXPECT_TRUE(by_uid.flags->empty());
}

TEST(ResponseReader, ReadsTheRest) {
  EXPECT_TRUE(read_as<response::Capability>("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN ").has("auth=plain"));
  EXPECT_THAT(read_as<response::Enabled>("* ENABLED CONDSTORE X").names, testing::ElementsAre("CONDSTORE", "X"));
  EXPECT_EQ(read_as<response::Id>("* ID (\"name\" \"Cyrus\" \"os\" NIL)").fields.size(), 2U);
  EXPECT_TRUE(read_as<response::Id>("* ID NIL").fields.empty());
  EXPECT_EQ(read_as<response::FlagList>("* FLAGS (\\Seen a)").flags.to_string(), "\\Seen a");
  EXPECT_EQ(read_as<response::Quota>("* QUOTA \"\" (STORAGE 10 512)"), (response::Quota{"", {{"STORAGE", 10, 512}}}));
  EXPECT_EQ(read_as<response::QuotaRoot>("* QUOTAROOT INBOX \"\" x"), (response::QuotaRoot{{"INBOX"}, {"", "x"}}));
  EXPECT_EQ(read_as<response::Acl>("* ACL x a lrs \"b c\" l").rights.size(), 2U);
  EXPECT_EQ(read_as<response::ListRights>("* LISTRIGHTS x smith la r s"),
            (response::ListRights{{"x"}, "smith", "la", {"r", "s"}}));
  EXPECT_EQ(read_as<response::MyRights>("* MYRIGHTS INBOX rwiptsldaex").rights, "rwiptsldaex");
  EXPECT_EQ(read_as<response::Metadata>("* METADATA \"\" (/a \"b\" /c NIL)").values.size(), 2U);
  EXPECT_THAT(read_as<response::Metadata>("* METADATA x /a /b").changed, testing::ElementsAre("/a", "/b"));
  EXPECT_EQ(read_as<response::UidBatches>("* UIDBATCHES (TAG \"A143\") 215295:99695,99696:20358"),
            (response::UidBatches{"A143", {{215295, 99695}, {99696, 20358}}}));
}

TEST(ResponseReader, KeepsWhatItCannotRead) {
  for (const char* text : {"FROB x", "", "12", "12 FROB", "99999999999 EXISTS", "LIST", "LIST (", "SEARCH a",
                           "5 FETCH (UID x)", "5 FETCH (UID 1", "5 FETCH (BODY[ NIL)", "5 FETCH (BODY[1 NIL)",
                           "5 FETCH (BODYSTRUCTURE (\"A\" \"B\" NIL NIL NIL \"7BIT\" 5 NIL NIL (\"", "STATUS x",
                           "VANISHED", "VANISHED 1:*", "FLAGS (a", "ESEARCH ALL x"}) {
    EXPECT_EQ(std::get<response::Unknown>(read_response("* " + std::string(text)).data).text, text);
  }
  EXPECT_EQ(std::get<response::Unknown>(read_response("HTTP/1.1 400 Bad Request").data).text,
            "HTTP/1.1 400 Bad Request");
}

TEST(ResponseReader, StreamsBodies) {
  const std::string_view text =
      "* 1 FETCH (UID 5 BODY[] {5}\r\nab\r\nc FLAGS (\\Seen) BODY[HEADER.FIELDS (A \"b]\")]<7> {3}\r\nxyz RFC822.TEXT "
      "{0}\r\n BODY[2] \"q\" "
      "ENVELOPE (NIL {1}\r\ns NIL NIL NIL NIL NIL NIL NIL NIL))\r\na OK x\r\n";
  const ResponsePlay play = play_responses(text, true);
  EXPECT_THAT(play.streamed, testing::ElementsAre("ab\r\nc", "xyz", ""));
  ASSERT_EQ(play.responses.size(), 2U);
  const auto& fetch = std::get<response::Fetch>(play.responses[0].data);
  ASSERT_EQ(fetch.bodies.size(), 4U);
  EXPECT_TRUE(fetch.bodies[0].streamed);
  EXPECT_EQ(fetch.bodies[0].size, 5U);
  EXPECT_FALSE(fetch.bodies[0].octets);
  EXPECT_EQ(fetch.bodies[1].origin, 7U);
  EXPECT_EQ(fetch.bodies[1].size, 3U);
  EXPECT_TRUE(fetch.bodies[2].streamed);
  EXPECT_EQ(fetch.bodies[3].octets, "q");
  EXPECT_EQ(fetch.envelope->subject, "s");
  EXPECT_EQ(fetch.uid, 5U);
  const ResponsePlay kept = play_responses(text);
  EXPECT_EQ(std::get<response::Fetch>(kept.responses[0].data).bodies[0].octets, "ab\r\nc");
}

TEST(ResponseReader, HoldsNothingOfAStreamedBody) {
  ResponseReader reader;
  reader.stream_bodies(true);
  ResponseStep step = reader.read("* 1 FETCH (BODY[] {5000000000}\r\n");
  ASSERT_EQ(step.event, ResponseEvent::body);
  EXPECT_EQ(reader.body().number, 1U);
  EXPECT_EQ(reader.body().data.size, 5'000'000'000U);
  const std::string block(1 << 20, 'x');
  std::uint64_t got = 0;
  while (got < 5'000'000'000U) {
    step = reader.read(std::string_view(block).substr(0, std::min<std::uint64_t>(block.size(), 5'000'000'000U - got)));
    ASSERT_EQ(step.event, ResponseEvent::octets);
    got += step.size;
  }
  EXPECT_EQ(reader.read(")\r\n").event, ResponseEvent::response);
}

TEST(ResponseReader, FailsBeyondItsLimits) {
  const ResponseLimits small{.line = 30, .literal = 10, .response = 45};
  EXPECT_FALSE(play_responses("* OK " + std::string(23, 'x') + "\r\n* OK y\r\n", false, small).failed);
  EXPECT_TRUE(play_responses("* OK " + std::string(24, 'x') + "\r\n* OK y\r\n", false, small).failed);
  EXPECT_TRUE(play_responses("* LIST () \"/\" {11}\r\n12345678901\r\n", false, small).failed);
  EXPECT_TRUE(play_responses("* X {10}\r\n1234567890 {10}\r\n1234567890 {10}\r\n", false, small).failed);
  EXPECT_TRUE(play_responses("* 2 FETCH (BODY[] {4294967296}\r\n").failed);
  EXPECT_TRUE(play_responses("* 2 FETCH (BODY[] {99999999999999999999}\r\n* OK\r\n").failed);
}

TEST(ResponseReader, TakesQuotesThatLackTheirBackslash) {
  const auto fetch =
      read_as<response::Fetch>("* 1 FETCH (ENVELOPE (NIL \"a\"b\" NIL NIL NIL NIL NIL NIL NIL \"<\"1\"@x>\") UID 3)");
  EXPECT_EQ(fetch.envelope->subject, "a\"b");
  EXPECT_EQ(fetch.envelope->message_id, "<\"1\"@x>");
  EXPECT_EQ(fetch.uid, 3U);
}

TEST(ResponseReader, DoesNotRecurse) {
  const std::string deep = "* 1 FETCH (X " + std::string(100'000, '(') + std::string(100'000, ')') + ")\r\n";
  EXPECT_EQ(play_responses_in(deep, 0, false).responses.size(), 1U);
  const std::string body = "* 1 FETCH (BODY " + std::string(100'000, '(') + ")\r\n";
  EXPECT_EQ(play_responses_in(body, 0, false).responses.size(), 1U);
}

}  // namespace
}  // namespace posthouse::imap
