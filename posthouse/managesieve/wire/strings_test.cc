#include "posthouse/managesieve/wire/strings.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/managesieve/wire/response.h"

namespace posthouse::managesieve {
namespace {

TEST(Strings, AreQuotedWhereTheyCanBe) {
  EXPECT_EQ(as_string("a \"b\\", Side::client), "\"a \\\"b\\\\\"");
  EXPECT_EQ(as_string("", Side::server), "\"\"");
  EXPECT_EQ(as_string("a\nb", Side::client), "{3+}\r\na\nb");
  EXPECT_EQ(as_string("a\rb", Side::server), "{3}\r\na\rb");
  EXPECT_EQ(as_string("\xFF", Side::server), "{1}\r\n\xFF");
  EXPECT_EQ(as_string(std::string(1024, 'a'), Side::server).size(), 1026U);
  EXPECT_EQ(as_string(std::string(1025, 'a'), Side::server).substr(0, 8), "{1025}\r\n");
}

TEST(Strings, NamesOfScripts) {
  for (const char* name : {"a", "my script", "\u6211\u7684", "caf\u00E9", "a/b", "..", "\u00A0"}) {
    EXPECT_TRUE(is_script_name(name)) << name;
  }
  for (const char* name : {"", "a\nb", "a\x7F", "\xFF", "\u0080", "x\u009F", "\u2028", "a\u2029"}) {
    EXPECT_FALSE(is_script_name(name)) << name;
  }
  EXPECT_TRUE(is_script_name(std::string(512, 'a')));
  EXPECT_FALSE(is_script_name(std::string(513, 'a')));
}

std::optional<Response> parsed(const std::string& line) {
  SentenceReader reader(Side::server);
  EXPECT_EQ(reader.read(line + "\r\n").state, SentenceState::complete) << line;
  return parse_response(reader.tokens());
}

TEST(Responses, AreRead) {
  const auto quota = parsed("NO (quota/MaxSize) \"too large\"");
  ASSERT_TRUE(quota);
  EXPECT_EQ(quota->kind, Response::Kind::no);
  EXPECT_EQ(quota->code, "QUOTA/MAXSIZE");
  EXPECT_EQ(quota->text, "too large");
  const auto referral = parsed("bye (REFERRAL \"sieve://b.test\")");
  ASSERT_TRUE(referral);
  EXPECT_EQ(referral->kind, Response::Kind::bye);
  EXPECT_EQ(referral->code_value, "sieve://b.test");
  EXPECT_TRUE(parsed("OK (X-NEW a (b \"c\") 3) \"d\""));
  EXPECT_EQ(parsed("\"a\" ACTIVE")->data.size(), 2U);
  for (const char* bad : {"", "YES", "OK (", "OK ()", "OK (\"a\")", "OK (A (B)", "OK a", "OK \"a\" \"b\"", "(OK)"}) {
    EXPECT_FALSE(parsed(bad)) << bad;
  }
}

}  // namespace
}  // namespace posthouse::managesieve
