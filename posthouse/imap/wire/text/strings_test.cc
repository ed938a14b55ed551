#include "posthouse/imap/wire/text/strings.h"

#include <gtest/gtest.h>

#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

std::string string_of(std::string_view text, StringStyle style = StringStyle::ascii) {
  std::string out;
  append_string(out, text, style);
  return out;
}

std::string astring_of(std::string_view text) {
  std::string out;
  append_astring(out, text);
  return out;
}

TEST(ImapStrings, AreQuotedOrLiterals) {
  EXPECT_EQ(string_of(""), "\"\"");
  EXPECT_EQ(string_of("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(string_of("a\r\nb"), "{4}\r\na\r\nb");
  EXPECT_EQ(string_of("ä"), "{2}\r\nä");
  EXPECT_EQ(string_of("ä", StringStyle::utf8), "\"ä\"");
  EXPECT_EQ(string_of("\xFF", StringStyle::utf8), "{1}\r\n\xFF");
  EXPECT_EQ(string_of(std::string_view("a\0b", 3)), "\"ab\"");
  EXPECT_EQ(string_of(std::string(max_quoted, 'a')).front(), '"');
  EXPECT_EQ(string_of(std::string(max_quoted + 1, 'a')).substr(0, 8), "{1001}\r\n");
}

TEST(ImapStrings, AreAtomsWhereTheyCanBe) {
  EXPECT_EQ(astring_of("INBOX"), "INBOX");
  EXPECT_EQ(astring_of("a]"), "a]");
  EXPECT_EQ(astring_of(""), "\"\"");
  EXPECT_EQ(astring_of("nil"), "\"nil\"");
  EXPECT_EQ(astring_of("a b"), "\"a b\"");
  EXPECT_EQ(astring_of("a%"), "\"a%\"");
  std::string out;
  append_nstring(out, std::nullopt);
  append_nstring(out, "NIL");
  EXPECT_EQ(out, "NIL\"NIL\"");
}

TEST(ImapStrings, AreReadBack) {
  for (const std::string& text : {std::string(), std::string("a\"b\\c"), std::string("a\r\nb"), std::string("ä\xFF"),
                                  std::string(5000, '"'), std::string("}{5}"), std::string("NIL")}) {
    for (const StringStyle style : {StringStyle::ascii, StringStyle::utf8}) {
      const std::string wire = string_of(text, style) + " rest";
      Cursor in(wire);
      EXPECT_EQ(in.take_string(), text);
      EXPECT_EQ(in.rest(), " rest");
    }
    const std::string wire = astring_of(text);
    Cursor in(wire);
    EXPECT_EQ(in.take_astring(), text);
  }
}

TEST(ImapCursor, RefusesStringsThatAreNone) {
  using namespace std::literals;
  for (const std::string_view text :
       {"\"abc"sv, "\"a\rb\""sv, "\"a\0b\""sv, "{3}\r\nab"sv, "{3}ab"sv, "{a}\r\na"sv, "~{1}\r\na"sv, "{1}\r\n\0"sv,
        "{99999999999999999999}\r\na"sv, "{}\r\n"sv, "{+}\r\n"sv, "abc"sv, ""sv}) {
    Cursor in(text);
    EXPECT_FALSE(in.take_string()) << text;
    EXPECT_EQ(in.position(), 0U);
  }
  bool binary = false;
  Cursor in("~{2}\r\n\0a"sv);
  EXPECT_EQ(in.take_literal(true, &binary), "\0a"sv);
  EXPECT_TRUE(binary);
}

TEST(ImapNumbers, HaveBounds) {
  EXPECT_EQ(parse_number("4294967295"), 4294967295U);
  EXPECT_EQ(parse_number("0012"), 12U);
  EXPECT_FALSE(parse_number("4294967296"));
  EXPECT_EQ(parse_number64("9223372036854775807"), max_number64);
  EXPECT_FALSE(parse_number64("9223372036854775808"));
  EXPECT_FALSE(parse_number64(""));
  EXPECT_FALSE(parse_number64("-1"));
  EXPECT_FALSE(parse_number64("1a"));
}

}  // namespace
}  // namespace posthouse::imap
