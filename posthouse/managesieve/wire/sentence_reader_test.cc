#include "posthouse/managesieve/wire/sentence_reader.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::managesieve {
namespace {

using namespace std::string_literals;

/// What a reader finds in `input`, each sentence as "state: tokens", fed in pieces of `piece` octets.
std::string found(const std::string& input, std::size_t piece, Side side, const SentenceLimits& limits) {
  SentenceReader reader(side, limits);
  std::string out;
  std::string buffered;
  const auto take = [&] {
    for (;;) {
      const SentenceStep step = reader.read(buffered);
      buffered.erase(0, step.size);
      if (step.state == SentenceState::more) {
        EXPECT_EQ(buffered, "");
        return;
      }
      const char* const names[] = {"more", "complete", "bad", "too_large", "endless"};
      out += names[static_cast<int>(step.state)];
      if (step.state == SentenceState::complete) {
        for (const Token& token : reader.tokens()) {
          out += token.is_string()                  ? " <" + token.text + ">"
                 : token.kind == Token::Kind::open  ? " ("
                 : token.kind == Token::Kind::close ? " )"
                                                    : " " + token.text;
        }
      }
      out += '\n';
    }
  };
  for (std::size_t at = 0; at < input.size(); at += piece) {
    buffered += input.substr(at, piece);
    take();
  }
  return out;
}

std::string found(const std::string& input, Side side = Side::client, const SentenceLimits& limits = {}) {
  const std::string whole = found(input, input.size(), side, limits);
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
    EXPECT_EQ(found(input, piece, side, limits), whole) << input << " in pieces of " << piece;
  }
  return whole;
}

TEST(SentenceReader, ReadsCommands) {
  EXPECT_EQ(found("CAPABILITY\r\n"), "complete CAPABILITY\n");
  EXPECT_EQ(found("\r\nNOOP\n"), "complete\ncomplete NOOP\n");
  EXPECT_EQ(found("PUTSCRIPT \"a \\\"b\\\\\" {7+}\r\nkeep;\r\n\r\nNOOP\r\n"),
            "complete PUTSCRIPT <a \"b\\> <keep;\r\n>\ncomplete NOOP\n");
  EXPECT_EQ(found("HAVESPACE {0+}\r\n 99  \r\n"), "complete HAVESPACE <> 99\n");
  EXPECT_EQ(found("X \"\xE6\x88\x91\"\r\n"), "complete X <\xE6\x88\x91>\n");
}

TEST(SentenceReader, ReadsResponses) {
  EXPECT_EQ(found("OK (TAG {4}\r\n)\r\n\") \"done\"\r\n", Side::server), "complete OK ( TAG <)\r\n\"> ) <done>\n");
  EXPECT_EQ(found("\"a\" ACTIVE\r\n{3+}\r\nabc\r\n", Side::server), "complete <a> ACTIVE\ncomplete <abc>\n");
  EXPECT_EQ(found("NO (QUOTA/MAXSIZE)\r\n", Side::server), "complete NO ( QUOTA/MAXSIZE )\n");
}

// What belongs to a sentence that makes no sense is skipped, its literals too: they are no commands.
TEST(SentenceReader, SkipsWhatFollowsNoGrammar) {
  for (const char* bad : {
           "X \"a\"\"b\"",
           "X \"a",
           "X a\"b",
           "X \"a\"b",
           "X {a}",
           "X {}",
           "X {+}",
           "X {1+}x",
           "X a\\b",
       }) {
    EXPECT_EQ(found(bad + "\r\nNOOP\r\n"s), "bad\ncomplete NOOP\n") << bad;
  }
  EXPECT_EQ(found("X \"a\rb\"\r\nNOOP\r\n"), "bad\ncomplete NOOP\n");
  EXPECT_EQ(found("X a\0b\r\nNOOP\r\n"s), "bad\ncomplete NOOP\n");
  EXPECT_EQ(found("X a{9+}\r\nLOGOUT\r\n\r\n\r\nNOOP\r\n"), "bad\ncomplete\ncomplete NOOP\n");
  EXPECT_EQ(found("X \"a\"\"b\" {8+}\r\nLOGOUT\r\n {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n"), "bad\ncomplete NOOP\n");
  EXPECT_EQ(found("X \"a {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n"), "bad\ncomplete NOOP\n");
  EXPECT_EQ(found("X {5}\r\nNOOP\r\n"), "bad\ncomplete NOOP\n") << "a client has no synchronizing literals";
}

TEST(SentenceReader, KeepsToItsLimits) {
  const SentenceLimits limits{.line = 30, .literals = 10, .tokens = 3, .skipped = 100};
  EXPECT_EQ(found("X " + std::string(26, 'a') + "\r\n", Side::client, limits),
            "complete X " + std::string(26, 'a') + "\n");
  EXPECT_EQ(found("X " + std::string(29, 'a') + "\r\nNOOP\r\n", Side::client, limits), "too_large\ncomplete NOOP\n");
  EXPECT_EQ(found("X {5+}\r\nabcde {5+}\r\nabcde\r\n", Side::client, limits), "complete X <abcde> <abcde>\n");
  EXPECT_EQ(found("X {5+}\r\nabcde {6+}\r\nabcdef\r\nNOOP\r\n", Side::client, limits), "too_large\ncomplete NOOP\n");
  EXPECT_EQ(found("X {11+}\r\nLOGOUT\r\n...\r\nNOOP\r\n", Side::client, limits), "too_large\ncomplete NOOP\n");
  EXPECT_EQ(found("X a b c {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n", Side::client, limits), "too_large\ncomplete NOOP\n");
  EXPECT_EQ(found("X a b {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n", Side::client, limits), "too_large\ncomplete NOOP\n");
  EXPECT_EQ(found("X {101+}\r\n", Side::client, limits), "endless\n");
  EXPECT_EQ(found("X {99999999999999+}\r\n", Side::client, limits), "endless\n");
  EXPECT_EQ(found(std::string(131, 'a'), Side::client, limits), "endless\n");
  EXPECT_EQ(found("X a b c {101+}\r\n", Side::client, limits), "endless\n");
}

// A literal's head on both sides of the limit for lines is a literal's head still.
TEST(SentenceReader, ALiteralAtTheEndOfALongLineIsSkipped) {
  for (std::size_t length = 10; length < 40; ++length) {
    const std::string line = "X " + std::string(length, 'a') + " {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n";
    const std::string seen = found(line, Side::client, {.line = 30});
    EXPECT_TRUE(seen.ends_with("\ncomplete NOOP\n")) << length << seen;
    EXPECT_EQ(seen.find("complete LOGOUT"), std::string::npos) << length << seen;
  }
}

}  // namespace
}  // namespace posthouse::managesieve
