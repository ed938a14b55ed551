#include "posthouse/milter/result/response.h"

#include <gtest/gtest.h>

#include "posthouse/milter/error.h"
#include "posthouse/milter/testing/fake_filter.h"

namespace posthouse::milter {
namespace {

Modification modification(char command, const std::string& data, bool leading_space = true) {
  return std::get<Modification>(read_response({command, data}, leading_space));
}

bool is_refused(char command, const std::string& data) {
  try {
    (void)read_response({command, data}, true);
  } catch (const Error& error) {
    return error.errc() == Errc::protocol;
  }
  return false;
}

TEST(Responses, Verdicts) {
  const auto verdict = [](char command) { return std::get<Answer>(read_response({command, ""}, true)).verdict; };
  EXPECT_EQ(verdict('c'), Verdict::go_on);
  EXPECT_EQ(verdict('a'), Verdict::accept);
  EXPECT_EQ(verdict('r'), Verdict::reject);
  EXPECT_EQ(verdict('t'), Verdict::tempfail);
  EXPECT_EQ(verdict('d'), Verdict::discard);
  EXPECT_EQ(verdict('4'), Verdict::drop);
  EXPECT_EQ(verdict('f'), Verdict::drop);
  EXPECT_TRUE(std::holds_alternative<Progress>(read_response({'p', ""}, true)));
  EXPECT_TRUE(std::holds_alternative<Skip>(read_response({'s', ""}, true)));
  EXPECT_TRUE(is_refused('?', ""));
  EXPECT_TRUE(is_refused('\0', ""));
}

TEST(Responses, RepliesOfTheirOwn) {
  const auto answer = [](const std::string& text) { return std::get<Answer>(read_response({'y', text + '\0'}, true)); };
  EXPECT_EQ(answer("550 5.7.1 No 100%% spam here"),
            (Answer{.verdict = Verdict::reject, .reply = Reply{550, "5.7.1", "No 100% spam here"}}));
  EXPECT_EQ(answer("451 later").verdict, Verdict::tempfail);
  EXPECT_EQ(answer("421 4.3.2 gone").verdict, Verdict::drop);
  EXPECT_EQ(*answer("550-5.7.1 one\r\n550 5.7.1 two").reply, (Reply{550, "5.7.1", "one\ntwo"}));
  EXPECT_EQ(*answer("550 4.7.1 of another class").reply, (Reply{550, "", "4.7.1 of another class"}));
  EXPECT_EQ(*answer("550").reply, (Reply{550, "", ""}));
  EXPECT_EQ(*answer("550 a\rb\x01 c").reply, (Reply{550, "", "a?b? c"}));
}

TEST(Responses, NoReplyIsForged) {
  for (const char* text : {"250 2.0.0 fine", "354 go", "5", "", "55a x", "600 x", "550x", "550 one\r\n250 two",
                           "550 one\n", "550-one\r\nMAIL FROM:<>"}) {
    EXPECT_TRUE(is_refused('y', std::string(text) + '\0')) << text;
  }
  EXPECT_TRUE(is_refused('y', "550 without an end"));
}

TEST(Responses, Modifications) {
  EXPECT_EQ(modification('h', octets("X-A\0 b\0")), Modification(AddHeader{"X-A", " b"}));
  EXPECT_EQ(modification('i', octets("\0\0\0\1X-A\0 b\0")), Modification(InsertHeader{1, "X-A", " b"}));
  EXPECT_EQ(modification('m', octets("\0\0\0\2X-A\0\0")), Modification(ChangeHeader{2, "X-A", ""}));
  EXPECT_EQ(modification('b', octets("a\0b")), Modification(ReplaceBody{octets("a\0b")}));
  EXPECT_EQ(modification('+', octets("<bob@two.test>\0")), Modification(AddRecipient{"bob@two.test", ""}));
  EXPECT_EQ(modification('2', octets("bob@two.test\0NOTIFY=NEVER\0")),
            Modification(AddRecipient{"bob@two.test", "NOTIFY=NEVER"}));
  EXPECT_EQ(modification('-', octets("bob@two.test\0")), Modification(RemoveRecipient{"bob@two.test"}));
  EXPECT_EQ(modification('e', octets("<>\0")), Modification(ChangeSender{"", ""}));
  EXPECT_EQ(modification('q', octets("odd\nlook\0")), Modification(Quarantine{"odd?look"}));
  EXPECT_EQ(describe(modification('q', octets("odd\0"))), "quarantines it: odd");
}

TEST(Responses, AValueIsOneField) {
  const auto value = [](const std::string& text, bool leading_space) {
    return std::get<AddHeader>(modification('h', octets("X\0") + text + '\0', leading_space)).value;
  };
  EXPECT_EQ(value("a", false), " a");
  EXPECT_EQ(value("a", true), "a");
  EXPECT_EQ(value("", false), "");
  EXPECT_EQ(value("a\n\tb\r\n c", false), " a\r\n\tb\r\n c");
  EXPECT_EQ(value("a\nBcc: eve@two.test\n\nbody", false), " a\r\n\tBcc: eve@two.test\r\n\tbody");
  EXPECT_EQ(value("a\rb\n \r\n", false), " a?b");
}

TEST(Responses, NonsenseIsRefused) {
  EXPECT_TRUE(is_refused('h', octets("X-A\0no end")));
  EXPECT_TRUE(is_refused('h', octets("\0a\0")));
  EXPECT_TRUE(is_refused('h', octets("X A\0a\0")));
  EXPECT_TRUE(is_refused('h', octets("X:\0a\0")));
  EXPECT_TRUE(is_refused('h', octets("X\r\nBcc\0a\0")));
  EXPECT_TRUE(is_refused('i', octets("\0\0\0")));
  EXPECT_TRUE(is_refused('+', octets("nobody\0")));
  EXPECT_TRUE(is_refused('+', octets("<a@b.test>\r\nRCPT TO:<c@d.test>\0")));
  EXPECT_TRUE(is_refused('+', octets("<>\0")));
  EXPECT_TRUE(is_refused('2', octets("a@b.test\0X\r\nY\0")));
  EXPECT_TRUE(is_refused('e', "a@b.test"));
}

}  // namespace
}  // namespace posthouse::milter
