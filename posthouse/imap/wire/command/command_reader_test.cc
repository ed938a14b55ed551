#include "posthouse/imap/wire/command/command_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/wire/command/testing.h"

namespace posthouse::imap {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::literals;

TEST(CommandReader, ReadsOneAfterAnother) {
  EXPECT_THAT(play("a1 noop\r\na2 CAPABILITY\r\n\r\na3 logout\n"),
              ElementsAre("> a1 NOOP", "> a2 CAPABILITY", "> a3 LOGOUT"));
  EXPECT_THAT(play("a1 noop"), IsEmpty());
  EXPECT_THAT(play(""), IsEmpty());
}

TEST(CommandReader, AsksForLiterals) {
  EXPECT_THAT(play("a LOGIN {3}\r\nann {6}\r\ngeheim\r\nb NOOP\r\n"),
              ElementsAre("+", "+", "> a LOGIN ann geheim", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN {3+}\r\nann {0+}\r\n\r\nb NOOP\r\n"), ElementsAre("> a LOGIN ann \"\"", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN {6}\r\nan\r\n{2 {0}\r\n\r\nb NOOP\r\n"),
              ElementsAre("+", "+", "> a LOGIN {6}\r\nan\r\n{2 \"\"", "> b NOOP"));
}

TEST(CommandReader, KnowsThatQuotesHoldNoLiteral) {
  EXPECT_THAT(play("a LOGIN \"b {3}\r\nb NOOP\r\n"), ElementsAre("a BAD A string is missing", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN \"\\\"\" {1}\r\nx\r\n"), ElementsAre("+", "> a LOGIN \"\\\"\" x"));
}

TEST(CommandReader, TellsTheTagOfWhatItRefuses) {
  EXPECT_THAT(play("a FROB\r\n"), ElementsAre("a BAD Unknown command"));
  EXPECT_THAT(play("a UID NOOP\r\n"), ElementsAre("a BAD Unknown command"));
  EXPECT_THAT(play("a UID\r\n"), ElementsAre("a BAD Unknown command"));
  EXPECT_THAT(play("a\r\n"), ElementsAre("* BAD A command begins with a tag and a space"));
  EXPECT_THAT(play("+a NOOP\r\n"), ElementsAre("* BAD A command begins with a tag and a space"));
  EXPECT_THAT(play("\x16\x03\x01\x02\r\n"), ElementsAre("* BAD A command begins with a tag and a space"));
  EXPECT_THAT(play("a \r\n"), ElementsAre("a BAD The command is missing"));
  EXPECT_THAT(play("a NOOP x\r\nb NOOP \r\n"), ElementsAre("a BAD Too much behind the arguments", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN x\0y z\r\nb LOGIN \"\0\" z\r\n"sv),
              ElementsAre("a BAD A space is missing", "b BAD A string is missing"));
}

TEST(CommandReader, SkipsLiteralsOfWhatItRefuses) {
  // A client that waits for "+" sends nothing after BAD.
  EXPECT_THAT(play("a FROB {10}\r\nb NOOP\r\n"), ElementsAre("a BAD Unknown command", "> b NOOP"));
  // One that does not wait has sent it.
  EXPECT_THAT(play("a FROB {10+}\r\nx FROB y\r\n {8+}\r\nz NOOP\r\n\r\nb NOOP\r\n"),
              ElementsAre("a BAD Unknown command", "> b NOOP"));
  EXPECT_THAT(play("a FROB {2+}\r\nxx {8}\r\nb NOOP\r\n"), ElementsAre("a BAD Unknown command", "> b NOOP"));
  EXPECT_THAT(play("a FROB {0+}\r\n\r\nb NOOP\r\n"), ElementsAre("a BAD Unknown command", "> b NOOP"));
}

TEST(CommandReader, ClosesWhereTooMuchIsToBeSkipped) {
  EXPECT_THAT(play("a FROB {1048577+}\r\nb NOOP\r\n"), ElementsAre("a BAD Unknown command (close)"));
  EXPECT_THAT(play("a FROB {9223372036854775807+}\r\nb NOOP\r\n"), ElementsAre("a BAD Unknown command (close)"));
  const CommandLimits small{.line = 50, .skipped = 10};
  EXPECT_THAT(play("a FROB {5+}\r\nxxxxx {6+}\r\nb NOOP\r\n", small),
              ElementsAre("a BAD Unknown command", "* BAD Too much to skip (too big) (close)"));
  EXPECT_THAT(play("a NOOP " + std::string(100, ' ') + "\r\nb NOOP\r\n", small),
              ElementsAre("* BAD Too much to skip (too big) (close)"));
}

TEST(CommandReader, BoundsLinesAndLiterals) {
  const CommandLimits small{.line = 30, .literal = 8, .command = 40, .non_synchronizing = 4};
  EXPECT_THAT(play("a LOGIN " + std::string(20, 'x') + "\r\n", small), ElementsAre("a BAD A space is missing"));
  EXPECT_THAT(play("a LOGIN " + std::string(21, 'x') + "\r\nb NOOP\r\n", small),
              ElementsAre("a BAD The line is too long (too big)", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN " + std::string(21, 'x') + " {8+}\r\nb NOOP\r\nc NOOP\r\nd NOOP\r\n", small),
              ElementsAre("a BAD The line is too long (too big)", "> d NOOP"));
  EXPECT_THAT(play("a LOGIN {9}\r\nb NOOP\r\n", small),
              ElementsAre("a BAD A string is too long (too big)", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN {5+}\r\nxxxxx y\r\nb NOOP\r\n", small),
              ElementsAre("a BAD A literal this long has to wait for \"+\" (too big)", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN {4294967296}\r\nb NOOP\r\n", small),
              ElementsAre("a BAD A string is too long (too big)", "> b NOOP"));
  EXPECT_THAT(play("a LOGIN {99999999999999999999}\r\nb NOOP\r\n"),
              ElementsAre("a BAD A string is too long (too big)", "> b NOOP"));
  // The whole command counts, however many literals it has.
  EXPECT_THAT(play("a LOGIN {8}\r\n12345678 {8}\r\n12345678 {8}\r\nb NOOP\r\n", {.literal = 8, .command = 40}),
              ElementsAre("+", "+", "a BAD A string is too long (too big)", "> b NOOP"));
}

TEST(CommandReader, HandsOutLines) {
  EXPECT_THAT(play("a IDLE\r\nDONE\r\nb NOOP\r\n"), ElementsAre("> a IDLE", "= DONE", "> b NOOP"));
  EXPECT_THAT(play("a authenticate plain\r\nAGEAYg==\r\nb NOOP\r\n"),
              ElementsAre("> a AUTHENTICATE PLAIN", "= AGEAYg==", "> b NOOP"));
  EXPECT_THAT(play("a authenticate plain =\r\n*\r\n"), ElementsAre("> a AUTHENTICATE PLAIN =", "= *"));
  EXPECT_THAT(play("a IDLE\r\n\r\nb NOOP\r\n"), ElementsAre("> a IDLE", "= ", "> b NOOP"));
  EXPECT_THAT(play("a IDLE\r\n" + std::string(99, 'x') + "\r\nb NOOP\r\n"),
              ElementsAre("> a IDLE", "a BAD The line is too long (too big)", "> b NOOP"));
  EXPECT_THAT(play("a IDLE\r\n" + std::string(98, 'x') + "\r\nb NOOP\r\n"),
              ElementsAre("> a IDLE", "= " + std::string(98, 'x'), "> b NOOP"));
}

TEST(CommandReader, StreamsMessages) {
  EXPECT_THAT(play("a APPEND inbox (\\Seen $x) \" 7-Jul-1996 02:44:25 -0700\" {5}\r\na\r\nb{\r\nb NOOP\r\n"),
              ElementsAre("part a (\\Seen $x) \" 7-Jul-1996 02:44:25 -0700\" {5}", "+", "octets a\r\nb{",
                          "> a APPEND INBOX", "> b NOOP"));
  EXPECT_THAT(play("a APPEND {5+}\r\nINBOX {3+}\r\nabc\r\n"),
              ElementsAre("part a {3+}", "octets abc", "> a APPEND INBOX"));
  EXPECT_THAT(play("a APPEND {5}\r\nINBOX ~{3}\r\n\r\n\r\r\n"),
              ElementsAre("+", "part a ~{3}", "+", "octets \r\n\r", "> a APPEND INBOX"));
  EXPECT_THAT(play("a APPEND x () {0+}\r\n\r\n"), ElementsAre("part a {0+}", "> a APPEND x"));
  EXPECT_THAT(play("a APPEND x UTF8 (~{2+}\r\nab)\r\n"),
              ElementsAre("part a UTF8 (~{2+}", "octets ab", "> a APPEND x"));
  EXPECT_THAT(play("a UID REPLACE 7 x {2+}\r\nab\r\n"), ElementsAre("part a {2+}", "octets ab", "> a UID REPLACE 7 x"));
  EXPECT_THAT(play("a REPLACE * \"x y\" (\\Draft) {2+}\r\nab\r\n"),
              ElementsAre("part a (\\Draft) {2+}", "octets ab", "> a REPLACE * \"x y\""));
}

TEST(CommandReader, StreamsSeveralMessages) {
  EXPECT_THAT(play("a APPEND x {1+}\r\n1 (\\Seen) {1}\r\n2 ~{1+}\r\n3\r\nb NOOP\r\n"),
              ElementsAre("part a {1+}", "octets 1", "part a (\\Seen) {1}", "+", "octets 2", "part a ~{1+}", "octets 3",
                          "> a APPEND x", "> b NOOP"));
  EXPECT_THAT(play("a APPEND x {1+}\r\n1 {1+}\r\n2 {1+}\r\n3\r\nb NOOP\r\n", {.messages = 2}),
              ElementsAre("part a {1+}", "octets 1", "part a {1+}", "octets 2",
                          "a BAD Too many messages, or parts of them", "> b NOOP"));
}

TEST(CommandReader, StreamsPartsOfCatenate) {
  // RFC 4469 section 5
  EXPECT_THAT(
      play("A003 APPEND Drafts (\\Seen \\Draft $MDNSent) CATENATE (URL \"/Drafts;UIDVALIDITY=385759045/;UID=20/;"
           "section=HEADER\" TEXT {3+}\r\nabc URL {1+}\r\nz)\r\nb NOOP\r\n"),
      ElementsAre(
          "part A003 (\\Seen \\Draft $MDNSent) CATENATE (URL /Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER",
          "part A003 TEXT {3+}", "octets abc", "part A003 URL z", "> A003 APPEND Drafts", "> b NOOP"));
  EXPECT_THAT(
      play(
          "a APPEND x CATENATE (URL u URL {1}\r\nv TEXT {1}\r\n1 TEXT UTF8 (~{1+}\r\n2) URL w) (\\Seen) {1+}\r\n3\r\n"),
      ElementsAre("part a CATENATE (URL u", "+", "part a URL v", "part a TEXT {1}", "+", "octets 1",
                  "part a TEXT UTF8 (~{1+}", "octets 2", "part a URL w", "part a (\\Seen) {1+}", "octets 3",
                  "> a APPEND x"));
}

TEST(CommandReader, RefusesBadAppends) {
  EXPECT_THAT(play("a APPEND x\r\n"), ElementsAre("a BAD A space is missing"));
  EXPECT_THAT(play("a APPEND x \"y\"\r\n"), ElementsAre("a BAD No date and time of a message"));
  EXPECT_THAT(play("a APPEND x abc\r\n"), ElementsAre("a BAD A literal with the message is missing"));
  EXPECT_THAT(play("a APPEND x (\\Seen {8+}\r\nb NOOP\r\n) {8+}\r\nc NOOP\r\n\r\nd NOOP\r\n"),
              ElementsAre("a BAD A flag is missing", "> d NOOP"));
  EXPECT_THAT(play("a APPEND x {1+}\r\n1x\r\nb NOOP\r\n"),
              ElementsAre("part a {1+}", "octets 1", "a BAD A space is missing", "> b NOOP"));
  EXPECT_THAT(play("a REPLACE 1 x {1+}\r\n1 {1+}\r\n2\r\nb NOOP\r\n"),
              ElementsAre("part a {1+}", "octets 1", "a BAD REPLACE takes one message", "> b NOOP"));
  EXPECT_THAT(play("a APPEND x UTF8 ({1+}\r\n1)\r\nb NOOP\r\n"),
              ElementsAre("a BAD A literal with the message is missing", "> b NOOP"));
  EXPECT_THAT(play("a APPEND x CATENATE (TEXT x)\r\n"), ElementsAre("a BAD A literal with the message is missing"));
  EXPECT_THAT(play("a APPEND x CATENATE ()\r\n"), ElementsAre("a BAD CATENATE takes TEXT and URL"));
  EXPECT_THAT(play("a APPEND x {5+}\r\n12345\r\nb NOOP\r\n", {.non_synchronizing = 4}),
              ElementsAre("a BAD A literal this long has to wait for \"+\" (too big)", "> b NOOP"));
}

TEST(CommandReader, LetsTheServerRefuseMessages) {
  const auto refused = [](std::string_view client, const CommandLimits& limits = {}) {
    return play(client, limits, NameStyle::utf7, true);
  };
  EXPECT_THAT(refused("a APPEND x {100}\r\nb NOOP\r\n"), ElementsAre("part a {100}", "refused", "> b NOOP"));
  EXPECT_THAT(refused("a APPEND x {8+}\r\nz NOOP\r\n {8+}\r\ny NOOP\r\n\r\nb NOOP\r\n"),
              ElementsAre("part a {8+}", "refused", "> b NOOP"));
  EXPECT_THAT(refused("a APPEND x {8+}\r\nz NOOP\r\n\r\nb NOOP\r\n", {.skipped = 7}),
              ElementsAre("part a {8+}", "refused, close", "> b NOOP"));
  EXPECT_THAT(refused("a APPEND x CATENATE (URL u TEXT {8+}\r\nz NOOP\r\n)\r\nb NOOP\r\n"),
              ElementsAre("part a CATENATE (URL u", "refused", "> b NOOP"));
  EXPECT_THAT(refused("a APPEND x CATENATE (URL u)\r\nb NOOP\r\n"),
              ElementsAre("part a CATENATE (URL u", "refused", "> b NOOP"));
}

TEST(CommandReader, FindsNoLiteralInAnAnswer) {
  const std::string near = "a IDLE\r\n" + std::string(98, 'x') + "{3+}\r\nb NOOP\r\n";  // the limit is inside "{3+}"
  EXPECT_THAT(play(near), ElementsAre("> a IDLE", "a BAD The line is too long (too big)", "> b NOOP"));
  const std::string over = "a IDLE\r\n" + std::string(120, 'x') + "{3+}\r\nb NOOP\r\n";
  EXPECT_THAT(play(over), ElementsAre("> a IDLE", "a BAD The line is too long (too big)", "> b NOOP"));
  EXPECT_THAT(play("a IDLE\r\nDONE {3+}\r\nb NOOP\r\n"), ElementsAre("> a IDLE", "= DONE {3+}", "> b NOOP"));
}

TEST(CommandReader, SkipsTheRestOfAMessage) {
  CommandReader reader;
  EXPECT_EQ(reader.read("a APPEND x {10}\r\n").event, CommandEvent::part);
  EXPECT_EQ(reader.read("12345").event, CommandEvent::octets);
  EXPECT_TRUE(reader.refuse());
  const CommandStep step = reader.read("67890\r\nb NOOP\r\n");
  EXPECT_EQ(step.event, CommandEvent::command);
  EXPECT_EQ(reader.tag(), "b");
}

TEST(CommandReader, LetsTheServerRefuseLiterals) {
  CommandReader reader;
  EXPECT_EQ(reader.read("a LOGIN {10}\r\n").event, CommandEvent::proceed);
  EXPECT_EQ(reader.tag(), "a");
  EXPECT_TRUE(reader.refuse());
  EXPECT_EQ(reader.read("b NOOP\r\n").event, CommandEvent::command);
  EXPECT_EQ(reader.tag(), "b");
}

TEST(CommandReader, TakesOneAnswerBehindAnother) {
  CommandReader reader;
  EXPECT_EQ(reader.read("a AUTHENTICATE LOGIN\r\n").event, CommandEvent::command);
  for (const char* answer : {"YW5u\r\n", "c2VjcmV0\r\n"}) {
    reader.expect_line(100);
    EXPECT_EQ(reader.read(answer).event, CommandEvent::line);
  }
  EXPECT_EQ(reader.read("b NOOP\r\n").event, CommandEvent::command);
}

TEST(CommandReader, ForgetsWhatCameBeforeTls) {
  CommandReader reader;
  EXPECT_EQ(reader.read("a LOGIN {3}\r\n").event, CommandEvent::proceed);
  EXPECT_EQ(reader.read("an").event, CommandEvent::more);
  reader.reset();
  EXPECT_EQ(reader.tag(), "*");
  EXPECT_EQ(reader.read("b NOOP\r\n").event, CommandEvent::command);
}

TEST(CommandReader, HoldsNothingOfAMessage) {
  CommandReader reader;
  EXPECT_EQ(reader.read("a APPEND x {5000000000}\r\n").event, CommandEvent::part);
  EXPECT_EQ(reader.part().size, 5'000'000'000U);
  const std::string block(1 << 20, 'x');
  std::uint64_t got = 0;
  while (got < 5'000'000'000U) {
    const CommandStep step =
        reader.read(std::string_view(block).substr(0, std::min<std::uint64_t>(block.size(), 5'000'000'000U - got)));
    ASSERT_EQ(step.event, CommandEvent::octets);
    ASSERT_EQ(step.octets.data(), block.data());
    got += step.size;
  }
  EXPECT_EQ(reader.read("\r\n").event, CommandEvent::command);
}

}  // namespace
}  // namespace posthouse::imap
