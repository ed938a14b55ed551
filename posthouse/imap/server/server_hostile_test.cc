// Clients that mean harm, and how much a session holds for them.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/testing/server_play.h"

namespace posthouse::imap {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string answers_to(const std::string& input, SessionSummary* summary = nullptr) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  return talk(house, options, input, summary);
}

TEST(ImapServerHostile, LiteralsOfFourGibibytes) {
  SessionSummary summary;
  EXPECT_THAT(answers_to("a LOGIN {4294967296}\r\nb NOOP\r\n"),
              HasSubstr("a BAD [TOOBIG] A string is too long\r\nb OK Nothing done\r\n"));
  EXPECT_THAT(answers_to("a LOGIN {4294967296+}\r\n", &summary), EndsWith("* BYE [TOOBIG] A string is too long\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
  EXPECT_THAT(answers_to(select_inbox + "c SEARCH SUBJECT {4294967296}\r\nd NOOP\r\n"),
              HasSubstr("c BAD [TOOBIG] A string is too long\r\nd OK"));
  EXPECT_THAT(answers_to(select_inbox + "c APPEND INBOX {4294967296}\r\nd NOOP\r\n"),
              HasSubstr("c NO [TOOBIG] A message has 50000000 octets at most\r\nd OK"));
  EXPECT_THAT(answers_to(select_inbox + "c APPEND INBOX {4294967296+}\r\n", &summary),
              EndsWith("* BYE [TOOBIG] Too much to skip\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(ImapServerHostile, MessagesBeforeTheLogIn) {
  EXPECT_THAT(answers_to("a APPEND INBOX {100}\r\nb NOOP\r\n"),
              EndsWith("a BAD Log in first\r\nb OK Nothing done\r\n"));
  EXPECT_THAT(answers_to("a APPEND INBOX {10+}\r\n0123456789\r\nb NOOP\r\n"),
              EndsWith("a BAD Log in first\r\nb OK Nothing done\r\n"));
  EXPECT_THAT(answers_to("a APPEND INBOX {5000+}\r\n"),
              EndsWith("a BAD [TOOBIG] A literal this long has to wait for \"+\"\r\n"));
}

TEST(ImapServerHostile, ParenthesesAndKeysWithoutEnd) {
  const std::string deep = select_inbox + "c SEARCH " + std::string(60'000, '(') + "\r\nd NOOP\r\n";
  EXPECT_THAT(answers_to(deep), HasSubstr("c BAD "));
  EXPECT_THAT(answers_to(deep), EndsWith("d OK Nothing done\r\n"));
  const std::string deeper = select_inbox + "c SEARCH " + std::string(100'000, '(') + "\r\nd NOOP\r\n";
  EXPECT_THAT(answers_to(deeper), HasSubstr("c BAD [TOOBIG] The line is too long\r\nd OK"));
  SessionSummary summary;
  EXPECT_THAT(answers_to(select_inbox + "c SEARCH BODY " + std::string(10'000'000, 'x') + "\r\nd NOOP\r\n", &summary),
              EndsWith("* BYE [TOOBIG] Too much to skip\r\n"));
  EXPECT_EQ(summary.end, SessionEnd::refused);
}

TEST(ImapServerHostile, SetsOfVeryManyRanges) {
  std::string set = "1";
  for (int i = 2; set.size() < 60'000; ++i) {
    set += "," + std::to_string(2 * i);
  }
  EXPECT_THAT(answers_to(select_inbox + "c UID FETCH " + set + " FLAGS\r\nd NOOP\r\n"),
              EndsWith("d OK Nothing done\r\n"));
  std::string million;
  for (int i = 0; i < 1'000'000; ++i) {
    million += "1:9,";
  }
  EXPECT_THAT(answers_to(select_inbox + "c UID FETCH " + million + "1 FLAGS\r\n"),
              EndsWith("* BYE [TOOBIG] Too much to skip\r\n"));
  EXPECT_THAT(answers_to(select_inbox + "c UID FETCH 4294967295:1 UID\r\n"), HasSubstr("* 5 FETCH (UID 5)\r\nc OK"));
}

TEST(ImapServerHostile, PatternsThatWouldBacktrack) {
  std::string wild;
  for (int i = 0; i < 1'000; ++i) {
    wild += "%*a";
  }
  EXPECT_THAT(answers_to(log_in + "c CREATE " + std::string(900, 'a') + "\r\nd LIST \"\" " + wild + "b\r\ne NOOP\r\n"),
              HasSubstr("d OK Those are the mailboxes\r\ne OK"));
}

// What waits for a client that does not read is bounded, whatever it asks for.
TEST(ImapServerHostile, ACommandOfManyBodies) {
  MemoryBackend house;
  house.users["ann"].password = "secret";
  std::uint64_t octets = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string text = "Subject: x\r\n\r\n" + std::string(300'000 + static_cast<std::size_t>(i), 'y') + "\r\n";
    octets += text.size();
    house.add("ann", "INBOX", text);
  }
  SessionSummary summary;
  const std::string answers =
      talk(house, quick_options(), select_inbox + "c FETCH 1:* BODY.PEEK[]\r\nd LOGOUT\r\n", &summary);
  EXPECT_GT(answers.size(), octets);
  EXPECT_EQ(summary.octets, octets);
  EXPECT_EQ(summary.bodies, 20U);
  EXPECT_THAT(answers, EndsWith("c OK Fetched\r\n* BYE Bye\r\nd OK Logged out\r\n"));
}

TEST(ImapServerHostile, OctetsOfAnyKind) {
  std::string octets;
  for (int i = 0; i < 256; ++i) {
    octets += static_cast<char>(i);
  }
  SessionSummary summary;
  answers_to(octets + "\r\n" + octets + "\r\n{5+}\r\n" + octets, &summary);
  EXPECT_EQ(summary.end, SessionEnd::disconnected);
}

}  // namespace
}  // namespace posthouse::imap
