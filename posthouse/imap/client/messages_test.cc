#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/testing/play.h"
#include "posthouse/imap/wire/text/date.h"

namespace posthouse::imap {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> numbers(const NumberSet& set) {
  return {set.begin(), set.end()};
}

TEST(ImapClientMessages, AreSearched) {
  play_selected("", R"(
C: A2 UID SEARCH UNSEEN FROM ann
S: * SEARCH 9 2
S: * 4 EXISTS
S: * SEARCH 5
S: A2 OK
C: A3 UID SEARCH SEEN
S: * SEARCH
S: A3 OK
C: A4 UID SEARCH DELETED
S: * SEARCH 1 2 3
S: A4 OK
)",
                [](Client& client) {
                  std::vector<std::uint32_t> found;
                  for (auto& uid : client.search(unseen() && from("ann"))) {
                    found.push_back(uid);
                  }
                  EXPECT_THAT(found, ElementsAre(2, 5, 9));
                  EXPECT_THAT(numbers(client.search(seen())), IsEmpty());
                  EXPECT_EQ(client.count(deleted()), 3U);
                });
  play_selected("ESEARCH SORT", R"(
C: A2 UID SEARCH RETURN (ALL) SEEN
S: * ESEARCH (TAG "A1") UID ALL 7
S: * ESEARCH (TAG "A2") UID ALL 2,10:12
S: A2 OK
C: A3 UID SEARCH RETURN (ALL) SEEN
S: * ESEARCH (TAG "A3") UID
S: A3 OK
C: A4 UID SEARCH RETURN (COUNT) SEEN
S: * ESEARCH (TAG "A4") UID COUNT 17
S: A4 OK
C: A5 UID SORT (REVERSE DATE) UTF-8 ALL
S: * SORT 5 3 9
S: A5 OK
)",
                [](Client& client) {
                  EXPECT_THAT(numbers(client.search(seen())), ElementsAre(2, 10, 11, 12));
                  EXPECT_THAT(numbers(client.search(seen())), IsEmpty());
                  EXPECT_EQ(client.count(seen()), 17U);
                  EXPECT_THAT(client.sort(everything(), {{.key = SortKey::date, .reverse = true}}),
                              ElementsAre(5, 3, 9));
                });
}

TEST(ImapClientMessages, AreSearchedInAnyLanguage) {
  play_selected("", "C: A2 UID SEARCH CHARSET UTF-8 SUBJECT {6}\nS: + go\nC: 台北\nS: * SEARCH 3\nS: A2 OK\n",
                [](Client& client) { EXPECT_THAT(numbers(client.search(subject("台北"))), ElementsAre(3)); });
  play_selected("LITERAL+", "C: A2 UID SEARCH CHARSET UTF-8 SUBJECT {6+}\nC: 台北\nS: * SEARCH 3\nS: A2 OK\n",
                [](Client& client) { EXPECT_THAT(numbers(client.search(subject("台北"))), ElementsAre(3)); });
  // Refused before the literal.
  play_selected("", "C: A2 UID SEARCH CHARSET UTF-8 SUBJECT {6}\nS: A2 NO [BADCHARSET (US-ASCII)] no\n",
                [](Client& client) {
                  const Error error = error_of([&] { client.search(subject("台北")); });
                  EXPECT_EQ(error.response_code(), "BADCHARSET");
                  EXPECT_TRUE(error.connection_usable());
                });
  play_selected("", "", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.search(has_flag("x) ALL")); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.search(subject(std::string("a\0b", 3))); }).errc(), Errc::usage);
    EXPECT_EQ(error_of([&] { client.sort(seen(), {{}}); }).errc(), Errc::unsupported);
  });
}

TEST(ImapClientMessages, AreFetchedAsAsked) {
  play_selected("", R"(
C: A2 UID FETCH 2,5 (UID FLAGS ENVELOPE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (List-Id)])
S: * 2 FETCH (UID 5 FLAGS (\Seen) RFC822.SIZE 10)
S: * 3 FETCH (FLAGS ())
S: * 9 FETCH (UID 77 FLAGS (\Seen))
S: * 2 FETCH (UID 5 ENVELOPE ("d" "Rain" NIL NIL NIL NIL NIL NIL NIL "<1@x>") BODY[HEADER.FIELDS (LIST-ID)] {13}
S: List-Id: x
S:  )
S: * 1 FETCH (UID 2 FLAGS () ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) RFC822.SIZE 20)
S: A2 OK
C: A3 UID FETCH 2 (UID ENVELOPE)
S: * 1 FETCH (UID 2 FLAGS (\Seen))
S: * 1 FETCH (UID 2 ENVELOPE ("d" "Sun" NIL NIL NIL NIL NIL NIL NIL NIL))
S: A3 OK
C: A4 UID FETCH 8 (UID FLAGS)
S: A4 OK
C: A5 UID FETCH 1:4294967295 (UID FLAGS) (CHANGEDSINCE 17)
S: * 2 FETCH (UID 5 MODSEQ (18) FLAGS (\Seen))
S: A5 OK
)",
                [](Client& client) {
                  const auto messages =
                      client.fetch(*NumberSet::parse("2,5"),
                                   {.flags = true, .envelope = true, .size = true, .header_fields = {"List-Id"}});
                  ASSERT_EQ(messages.size(), 2U);
                  EXPECT_EQ(messages[0].uid, 2U);
                  EXPECT_EQ(messages[0].size, 20U);
                  EXPECT_EQ(messages[1].envelope->subject, "Rain");
                  EXPECT_EQ(messages[1].bodies.at(0).octets, "List-Id: x\r\n ");
                  EXPECT_TRUE(messages[1].flags->has(SystemFlag::seen));
                  EXPECT_EQ(client.events().size(), 3U) << "the new EXISTS of SELECT, and two changes of flags";
                  EXPECT_EQ(client.fetch_one(2, {.envelope = true}).envelope->subject, "Sun");
                  EXPECT_EQ(client.events().size(), 1U);
                  EXPECT_EQ(error_of([&] { client.fetch_one(8, {.flags = true}); }).errc(), Errc::no_message);
                  std::size_t count = 0;
                  client.fetch(NumberSet::all(), {.flags = true, .changed_since = 17}, [&](response::Fetch& message) {
                    ++count;
                    EXPECT_EQ(message.modseq, 18U);
                  });
                  EXPECT_EQ(count, 1U);
                  EXPECT_TRUE(client.fetch({}, {.flags = true}).empty());
                });
}

TEST(ImapClientMessages, ComeAsOctets) {
  play_selected("", R"(
C: A2 UID FETCH 5 (UID BODY.PEEK[])
S: * 4 EXISTS
S| * 2 FETCH (UID 5 BODY[] {9}\r\na\r\n)\0\r\nb FLAGS (\\Seen))\r\n
S: A2 OK
C: A3 UID FETCH 5 (UID BODY.PEEK[1.2.MIME]<3.7>)
S: * 2 FETCH (BODY[1.2.MIME]<3> "quoted" UID 5)
S: A3 OK
C: A4 UID FETCH 5 (UID BODY.PEEK[HEADER])
S: * 2 FETCH (BODY[HEADER] {0}
S:  UID 5)
S: A4 OK
C: A5 UID FETCH 5 (UID BODY.PEEK[9])
S: * 2 FETCH (UID 5 BODY[9] NIL)
S: A5 OK
C: A6 UID FETCH 6 (UID BODY.PEEK[])
S: A6 OK
)",
                [](Client& client) {
                  EXPECT_EQ(client.retrieve(5), std::string("a\r\n)\0\r\nb", 8) + " ");
                  EXPECT_EQ(client.retrieve(5, {.part = {1, 2}, .what = SectionText::mime}, Partial{3, 7}), "quoted");
                  EXPECT_EQ(client.retrieve(5, {.what = SectionText::header}), "");
                  EXPECT_EQ(error_of([&] { client.retrieve(5, {.part = {9}}); }).errc(), Errc::no_message);
                  EXPECT_EQ(error_of([&] { client.retrieve(6); }).errc(), Errc::no_message);
                });
}

TEST(ImapClientMessages, ABodyOfAnotherMessageIsNotTaken) {
  play_selected("", "C: A2 UID FETCH 5 (UID BODY.PEEK[])\nS: * 2 FETCH (UID 6 BODY[] {1}\nS: x)\n", [](Client& client) {
    const Error error = error_of([&] { client.retrieve(5); });
    EXPECT_EQ(error.errc(), Errc::protocol);
    EXPECT_FALSE(error.connection_usable());
  });
}

TEST(ImapClientMessages, ASinkThatThrowsEndsTheConnection) {
  play_selected("", "C: A2 UID FETCH 5 (UID BODY.PEEK[])\nS: * 2 FETCH (UID 5 BODY[] {3}\nS: xyz)\nS: A2 OK\n",
                [](Client& client) {
                  EXPECT_THROW(client.retrieve(5, [](std::string_view) { throw std::runtime_error("full"); }),
                               std::runtime_error);
                  EXPECT_FALSE(client.stream().is_open());
                });
}

TEST(ImapClientMessages, ACallbackThatCallsItsClientIsTold) {
  play_selected("", "C: A2 UID FETCH 5 (UID FLAGS)\nS: * 2 FETCH (UID 5 FLAGS ())\nS: A2 OK\n", [](Client& client) {
    const Error error = error_of([&] { client.fetch(5, {.flags = true}, [&](response::Fetch&) { client.noop(); }); });
    EXPECT_EQ(error.errc(), Errc::usage);
  });
}

TEST(ImapClientMessages, GetFlags) {
  play_selected("CONDSTORE", R"(
C: A2 UID STORE 2,5 +FLAGS.SILENT (\Seen)
S: * 1 FETCH (UID 2 MODSEQ (9))
S: A2 OK
C: A3 UID STORE 2 -FLAGS.SILENT (\Flagged $Junk)
S: * 3 FETCH (UID 9 FLAGS (\Seen))
S: A3 OK
C: A4 UID STORE 2 (UNCHANGEDSINCE 7) FLAGS.SILENT ()
S: A4 OK [MODIFIED 2] no
)",
                [](Client& client) {
                  client.events();
                  EXPECT_TRUE(client.add_flags(*NumberSet::parse("2,5"), SystemFlag::seen).empty());
                  EXPECT_TRUE(client.events().empty());
                  client.remove_flags(2, Flags::of({"\\Flagged", "$Junk"}));
                  EXPECT_EQ(client.events().size(), 1U);
                  EXPECT_THAT(numbers(client.set_flags(2, {}, 7)), ElementsAre(2));
                  EXPECT_EQ(error_of([&] { client.add_flags(2, Flags::of({"a b"})); }).errc(), Errc::usage);
                  EXPECT_EQ(error_of([&] { client.add_flags(2, Flags::of({"\\"})); }).errc(), Errc::usage);
                  client.add_flags({}, SystemFlag::seen);
                });
}

TEST(ImapClientMessages, AreCopiedAndMoved) {
  play_selected("MOVE UIDPLUS", R"(
C: A2 UID COPY 2,5 "a b"
S: A2 OK [COPYUID 38 2,5 10:11] done
C: A3 UID MOVE 2 Trash
S: * OK [COPYUID 38 2 12] moved
S: * 1 EXPUNGE
S: A3 OK
C: A4 UID COPY 2 none
S: A4 NO [TRYCREATE] none
C: A5 UID EXPUNGE 7
S: A5 OK
)",
                [](Client& client) {
                  const Copied copied = client.copy(*NumberSet::parse("2,5"), "a b");
                  EXPECT_EQ(copied.uid_validity, 38U);
                  EXPECT_EQ(copied.to.to_string(), "10:11");
                  const Moved moved = client.move(2, "Trash");
                  EXPECT_EQ(moved.way, MoveWay::moved);
                  EXPECT_EQ(moved.copied.to.to_string(), "12");
                  EXPECT_EQ(client.selected()->exists, 2U);
                  EXPECT_EQ(error_of([&] { client.copy(2, "none"); }).response_code(), "TRYCREATE");
                  client.expunge(7);
                });
  play_selected("UIDPLUS", R"(
C: A2 UID COPY 2 Trash
S: A2 OK
C: A3 UID STORE 2 +FLAGS.SILENT (\Deleted)
S: A3 OK
C: A4 UID EXPUNGE 2
S: A4 OK
)",
                [](Client& client) { EXPECT_EQ(client.move(2, "Trash").way, MoveWay::expunged); });
}

TEST(ImapClientMessages, OnlyThoseAskedForAreExpunged) {
  const std::string begin = R"(
C: A2 UID COPY 2 Trash
S: A2 OK
C: A3 UID STORE 2 +FLAGS.SILENT (\Deleted)
S: A3 OK
C: A4 UID SEARCH DELETED
)";
  play_selected("", begin + "S: * SEARCH 2\nS: A4 OK\nC: A5 EXPUNGE\nS: * 1 EXPUNGE\nS: A5 OK\n",
                [](Client& client) { EXPECT_EQ(client.move(2, "Trash").way, MoveWay::expunged); });
  play_selected("", begin + "S: * SEARCH 2 3\nS: A4 OK\nC: A5 UID SEARCH DELETED\nS: * SEARCH 2 3\nS: A5 OK\n",
                [](Client& client) {
                  EXPECT_EQ(client.move(2, "Trash").way, MoveWay::marked);
                  EXPECT_EQ(error_of([&] { client.expunge(2); }).errc(), Errc::unsupported);
                });
}

TEST(ImapClientMessages, LongSetsAreCut) {
  NumberSet odd;
  for (std::uint32_t uid = 1; uid < 1400; uid += 2) {
    odd.add(uid);
  }
  std::string first, second, third;
  for (std::uint32_t uid = 1; uid < 1400; uid += 2) {
    std::string& set = uid < 600 ? first : uid < 1200 ? second : third;
    set += (set.empty() ? "" : ",") + std::to_string(uid);
  }
  play_selected("",
                "C: A2 UID COPY " + first + " x\nS: A2 OK [COPYUID 1 1 100]\nC: A3 UID COPY " + second +
                    " x\nS: A3 OK [COPYUID 1 601 90]\nC: A4 UID COPY " + third + " x\nS: A4 OK\n",
                [&](Client& client) {
                  const Copied copied = client.copy(odd, "x");
                  EXPECT_EQ(copied.from.to_string(), "1,601");
                  EXPECT_EQ(copied.to.to_string(), "100,90");
                });
}

TEST(ImapClientMessages, AreAppended) {
  play_selected("", R"(
C: A2 APPEND INBOX (\Seen $x) " 1-Feb-2026 10:00:00 +0100" {9}
S: + go on
C| Hi\r\n\r\nyou\r\n
S: A2 OK [APPENDUID 38 17] done
C: A3 APPEND "full one" {3}
S: A3 NO [OVERQUOTA] full
C: A4 APPEND INBOX {3}
S: + go on
C: abc
S: A4 NO no
)",
                [](Client& client) {
                  AppendOptions options{.flags = Flags::of({"\\Seen", "$x"})};
                  options.date = parse_date_time(" 1-Feb-2026 10:00:00 +0100");
                  const Appended done = client.append("INBOX", "Hi\r\n\r\nyou", options);
                  EXPECT_EQ(done.uid_validity, 38U);
                  EXPECT_EQ(done.uid, 17U);
                  const Error error = error_of([&] { client.append("full one", "abc"); });
                  EXPECT_EQ(error.response_code(), "OVERQUOTA");
                  EXPECT_EQ(error.statement(), "APPEND \"full one\" {3}");
                  EXPECT_EQ(error_of([&] { client.append("INBOX", "abc"); }).errc(), Errc::refused);
                });
  play_selected("LITERAL+", "C: A2 APPEND INBOX {5+}\nC: hello\nS: A2 OK\n", [](Client& client) {
    EXPECT_EQ(client.append("INBOX", 5, [](const auto& write) { write("he"), write("llo"); }).uid, 0U);
  });
  play_selected("LITERAL- BINARY",
                "C: A2 APPEND INBOX {4096+}\nC: " + std::string(4096, 'x') +
                    "\nS: A2 OK\nC: A3 APPEND INBOX {4097}\nS: + \nC: " + std::string(4097, 'x') +
                    "\nS: A3 OK\nC: A4 APPEND INBOX ~{1+}\nC| \\0\\r\\n\nS: A4 OK\n",
                [](Client& client) {
                  client.append("INBOX", std::string(4096, 'x'));
                  client.append("INBOX", std::string(4097, 'x'));
                  client.append("INBOX", std::string(1, '\0'));
                });
  play_selected("", "", [](Client& client) {
    EXPECT_EQ(error_of([&] { client.append("INBOX", std::string(1, '\0')); }).errc(), Errc::unsupported);
    EXPECT_EQ(error_of([&] { client.append("INBOX", "x", {.flags = Flags::of({"a(b"})}); }).errc(), Errc::usage);
  });
}

TEST(ImapClientMessages, AnAppendThatIsNoSuchSizeIsBrokenOff) {
  for (const char* text : {"", "abcd", "abcdefghij"}) {
    play_selected(
        "", std::string("C: A2 APPEND INBOX {5}\nS: + go\n") + (std::string_view(text) == "abcd" ? "C| abcd\n" : ""),
        [&](Client& client) {
          const Error error = error_of([&] { client.append("INBOX", 5, [&](const auto& write) { write(text); }); });
          EXPECT_EQ(error.errc(), Errc::usage);
          EXPECT_FALSE(client.stream().is_open());
        });
  }
}

}  // namespace
}  // namespace posthouse::imap
