#include "posthouse/imap/wire/response/response_writer.h"

#include <gtest/gtest.h>

#include "posthouse/imap/wire/response/testing.h"

namespace posthouse::imap {
namespace {

std::string untagged(const response::Data& data, const ResponseStyle& style = {}) {
  std::string out;
  ResponseWriter(out, style).untagged(data);
  return out;
}

constexpr ResponseStyle unicode{NameStyle::utf8, StringStyle::utf8};

TEST(ResponseWriter, WritesStatus) {
  std::string out;
  ResponseWriter writer(out);
  writer.tagged("a1", {.code = ResponseCode::word("READ-WRITE"), .text = "SELECT completed"});
  writer.tagged("a2", {response::Condition::no, {}, "[a\r\nb"});
  writer.tagged("a3", {response::Condition::bad, {}, ""});
  writer.proceed("Go on");
  writer.proceed("");
  EXPECT_EQ(out, "a1 OK [READ-WRITE] SELECT completed\r\na2 NO  [a\r\na3 BAD .\r\n+ Go on\r\n+ .\r\n");
  EXPECT_EQ(untagged(response::Status{response::Condition::bye, {}, "Gone"}), "* BYE Gone\r\n");
  NumberSet uids;
  uids.add(3, 5);
  EXPECT_EQ(untagged(response::Status{.code = ResponseCode::append_uid(1, uids), .text = "x"}),
            "* OK [APPENDUID 1 3:5] x\r\n");
}

TEST(ResponseWriter, WritesNamesInTheStyleOfTheClient) {
  const response::ListEntry entry{
      .attributes = {"\\HasNoChildren", "\\Sent"}, .delimiter = "/", .mailbox = {"日本 語"}};
  EXPECT_EQ(untagged(entry), "* LIST (\\HasNoChildren \\Sent) \"/\" \"&ZeVnLA- &ip4-\"\r\n");
  EXPECT_EQ(untagged(entry, unicode), "* LIST (\\HasNoChildren \\Sent) \"/\" \"日本 語\"\r\n");
  EXPECT_EQ(untagged(response::ListEntry{.mailbox = {"a&b"}}), "* LIST () NIL a&-b\r\n");
  EXPECT_EQ(untagged(response::ListEntry{.mailbox = {""}}), "* LIST () NIL \"\"\r\n");
}

TEST(ResponseWriter, WritesNothingWhereThereIsNothingToWrite) {
  EXPECT_EQ(untagged(response::Vanished{}), "");
  EXPECT_EQ(untagged(response::Search{}), "* SEARCH\r\n");
  EXPECT_EQ(untagged(response::ExtendedSearch{.tag = "a", .all = SequenceSet(NumberSet())}),
            "* ESEARCH (TAG \"a\")\r\n");
}

TEST(FetchWriter, WritesItemsAsTheyCome) {
  std::string out;
  FetchWriter fetch(out, 12, unicode);
  fetch.uid(310);
  Flags flags;
  flags.add("\\Seen");
  fetch.flags(flags);
  fetch.ready("ENVELOPE", "(NIL)");
  fetch.size(7);
  fetch.preview("ä");
  fetch.body({.section = {{1}, SectionText::mime}, .octets = "a\r\n"});
  fetch.body({.section = {{9}}});
  fetch.begin_body({.section = {{}, SectionText::header_fields, {"Subject", "a b"}}, .origin = 5, .size = 2});
  out += "xy";
  fetch.binary_size({{{1}}, 5});
  fetch.end();
  EXPECT_EQ(out,
            "* 12 FETCH (UID 310 FLAGS (\\Seen) ENVELOPE (NIL) RFC822.SIZE 7 PREVIEW \"ä\" BODY[1.MIME] {3}\r\na\r\n "
            "BODY[9] NIL "
            "BODY[HEADER.FIELDS (Subject \"a b\")]<5> {2}\r\nxy BINARY.SIZE[1] 5)\r\n");
  std::string by_uid;
  FetchWriter(by_uid, 7, {}, true).end();
  EXPECT_EQ(by_uid, "* 7 UIDFETCH ()\r\n");
}

}  // namespace
}  // namespace posthouse::imap
