// At most so many messages a command: RFC 9738.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/testing/server_play.h"

namespace posthouse::imap {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What is answered to `input` with INBOX selected, whose five messages have the UIDs 1 to 5, where a command takes `limit`.
std::string limited(std::uint32_t limit, const std::string& input) {
  MemoryBackend house;
  furnish(house);
  ServerOptions options = quick_options();
  options.message_limit = limit;
  return talk(house, options, select_inbox + input);
}

TEST(ServerMessageLimit, IsAnnounced) {
  EXPECT_THAT(limited(1000, "c CAPABILITY\r\n"), HasSubstr(" MESSAGELIMIT=1000 METADATA "));
  EXPECT_THAT(limited(0, "c CAPABILITY\r\n"), Not(HasSubstr("MESSAGELIMIT")));
}

TEST(ServerMessageLimit, TheNewestAreFetchedAndTheClientGoesOn) {
  const std::string answers =
      limited(2, "c FETCH 1:* UID\r\nd UID FETCH 1:3 FLAGS\r\ne FETCH 1:2 UID\r\nf UID FETCH 1,5:900 UID\r\n");
  EXPECT_THAT(answers, HasSubstr("* 4 FETCH (UID 4)\r\n* 5 FETCH (UID 5)\r\nc OK [MESSAGELIMIT 2 4] "));
  EXPECT_THAT(answers,
              HasSubstr("* 2 FETCH (UID 2 FLAGS ())\r\n* 3 FETCH (UID 3 FLAGS ())\r\nd OK [MESSAGELIMIT 2 2] "));
  EXPECT_THAT(answers, HasSubstr("e OK Fetched\r\n"));
  EXPECT_THAT(answers, HasSubstr("f OK Fetched\r\n")) << "only those count that are there";
  EXPECT_THAT(limited(5, "c FETCH 1:* UID\r\n"), HasSubstr("c OK Fetched\r\n"));
}

TEST(ServerMessageLimit, FlagsAreChangedOfTheNewest) {
  const std::string answers =
      limited(2, "c STORE 1:* +FLAGS (\\Deleted)\r\nd SEARCH 1:2 DELETED\r\ne FETCH 5 FLAGS\r\n");
  EXPECT_THAT(answers, HasSubstr("c OK [MESSAGELIMIT 2 4] "));
  EXPECT_THAT(answers, HasSubstr("* SEARCH\r\nd OK Searched"));
  EXPECT_THAT(answers, HasSubstr("* 5 FETCH (FLAGS (\\Deleted))\r\ne OK"));
  EXPECT_THAT(limited(2, "c STORE 1:* (UNCHANGEDSINCE 1) +FLAGS (\\Deleted)\r\n"),
              HasSubstr("* NO [MESSAGELIMIT 2 4] Too many at once\r\nc OK [MODIFIED 4:5] "));
}

TEST(ServerMessageLimit, NothingIsCopiedAndTheNewestAreMoved) {
  const std::string answers = limited(2,
                                      "c CREATE Box\r\nd COPY 1:3 Box\r\ne STATUS Box (MESSAGES)\r\nf MOVE 1:* Box\r\n"
                                      "g STATUS Box (MESSAGES)\r\nh COPY 1:2 Box\r\n");
  EXPECT_THAT(answers, HasSubstr("d NO [MESSAGELIMIT 2] "));
  EXPECT_THAT(answers, HasSubstr("(MESSAGES 0)\r\ne OK"));
  EXPECT_THAT(answers, HasSubstr("* OK [COPYUID "));
  EXPECT_THAT(answers, HasSubstr("f OK [MESSAGELIMIT 2 4] "));
  EXPECT_THAT(answers, HasSubstr("(MESSAGES 2)\r\ng OK"));
  EXPECT_THAT(answers, HasSubstr("h OK [COPYUID "));
}

TEST(ServerMessageLimit, TheNewestAreExpungedByUid) {
  const std::string flagged = "c UID STORE 1:3 +FLAGS (\\Deleted)\r\n";
  EXPECT_THAT(limited(3, flagged + "d UID EXPUNGE 1:4\r\n"),
              ::testing::AllOf(HasSubstr("* 3 EXPUNGE\r\n* 2 EXPUNGE\r\nd OK [MESSAGELIMIT 3 2] "),
                               Not(HasSubstr("* 1 EXPUNGE"))));
  EXPECT_THAT(limited(3, flagged + "d EXPUNGE\r\n"), HasSubstr("* 1 EXPUNGE\r\nd OK Expunged"));
}

TEST(ServerMessageLimit, TheNewestAreLookedThrough) {
  const std::string answers =
      limited(3,
              "c SEARCH ALL\r\nd SEARCH UID 1:2 ALL\r\ne SEARCH RETURN (COUNT SAVE) UNSEEN\r\nf SEARCH $ 3:4\r\n"
              "g SORT (SUBJECT) UTF-8 ALL\r\nh THREAD REFS UTF-8 ALL\r\ni SEARCH 1:4 SEEN\r\n");
  EXPECT_THAT(answers, HasSubstr("* SEARCH 3 4 5\r\nc OK [MESSAGELIMIT 3 3] "));
  EXPECT_THAT(answers, HasSubstr("* SEARCH 1 2\r\nd OK Searched"));
  EXPECT_THAT(answers, HasSubstr("COUNT 3\r\ne OK [MESSAGELIMIT 3 3] "));
  EXPECT_THAT(answers, HasSubstr("* SEARCH 3 4\r\nf OK Searched"));
  EXPECT_THAT(answers, HasSubstr("* SORT 5 4 3\r\ng OK [MESSAGELIMIT 3 3] "));
  EXPECT_THAT(answers, HasSubstr("h OK [MESSAGELIMIT 3 3] "));
  EXPECT_THAT(answers, HasSubstr("* SEARCH\r\ni OK [MESSAGELIMIT 3 2] "));
}

// What is in OR and NOT does not say which messages are looked through.
TEST(ServerMessageLimit, SetsInsideOthersConfineNoSearch) {
  const std::string answers =
      limited(3, "c SEARCH NOT 1:4\r\nd SEARCH OR 1 2\r\ne SEARCH (1:2 ALL)\r\nf SEARCH NOT (UID 1)\r\n");
  EXPECT_THAT(answers, HasSubstr("* SEARCH 5\r\nc OK [MESSAGELIMIT 3 3] "));
  EXPECT_THAT(answers, HasSubstr("* SEARCH\r\nd OK [MESSAGELIMIT 3 3] "));
  EXPECT_THAT(answers, HasSubstr("* SEARCH 1 2\r\ne OK Searched"));
  EXPECT_THAT(answers, HasSubstr("* SEARCH 3 4 5\r\nf OK [MESSAGELIMIT 3 3] "));
}

TEST(ServerMessageLimit, OneAppendBringsNoMore) {
  const std::string answers =
      limited(2,
              "c APPEND INBOX {3+}\r\nA:B {3+}\r\nA:B {3+}\r\nA:B\r\nd STATUS INBOX (MESSAGES)\r\n"
              "e APPEND INBOX {3+}\r\nA:B {3+}\r\nA:B\r\n");
  EXPECT_THAT(answers, HasSubstr("c NO [MESSAGELIMIT 2] Too many at once\r\n"));
  EXPECT_THAT(answers, HasSubstr("(MESSAGES 5)\r\nd OK"));
  EXPECT_THAT(answers, HasSubstr("e OK [APPENDUID "));
}

}  // namespace
}  // namespace posthouse::imap
