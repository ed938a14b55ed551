// What a session does for somebody who may not do all with a mailbox: RFC 4314 section 4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/imap/testing/server_play.h"

namespace posthouse::imap {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What is answered when Ann, who has these rights to the mailbox Team with two messages in it, selects it and says `input`.
std::string with_rights(std::string_view rights, const std::string& input) {
  MemoryBackend house;
  furnish(house);
  house.add("ann", "Team", "Subject: 1\r\n\r\none\r\n", SystemFlag::answered);
  house.add("ann", "Team", "Subject: 2\r\n\r\ntwo\r\n", Flags::of({"\\Deleted", "$Work"}));
  house.users["ann"].box("Team").rights = mail::Rights::parse(rights).value();
  return talk(house, quick_options(), log_in + "b SELECT Team\r\n" + input);
}

TEST(ServerRights, WhatIsNotSeenIsNotThere) {
  const std::string answers = with_rights(
      "srwite",
      "c STATUS Nowhere (MESSAGES)\r\nd LIST \"\" *\r\ne STATUS Team (MESSAGES)\r\nf DELETE Team\r\ng GETACL Team\r\n"
      "h SETACL Team bob l\r\ni RENAME Team Other\r\n");
  EXPECT_THAT(answers, HasSubstr("c NO [NONEXISTENT] There is no such mailbox\r\n"));
  EXPECT_THAT(answers, Not(HasSubstr("LIST (\\HasNoChildren) \"/\" Team")));
  EXPECT_THAT(answers, HasSubstr("b OK [READ-WRITE]")) << "each right is for itself";
  for (const char* tag : {"f", "g", "h", "i"}) {
    EXPECT_THAT(answers, HasSubstr(std::string(tag) + " NO [NONEXISTENT] There is no such mailbox\r\n"));
  }
  EXPECT_THAT(with_rights("lp", ""), HasSubstr("b NO [NOPERM]"));
  EXPECT_THAT(with_rights("p", ""), HasSubstr("b NO [NONEXISTENT] There is no such mailbox\r\n"));
}

TEST(ServerRights, WhatMayNotBeReadMayBeDeleted) {
  EXPECT_THAT(with_rights("lx", "c DELETE Team\r\n"), HasSubstr("c OK Deleted"));
  const std::string answers =
      with_rights("lx", "c SELECT INBOX\r\nd DELETE Team\r\ne FETCH 1 UID\r\nf DELETE Team\r\n");
  EXPECT_THAT(answers, HasSubstr("d OK Deleted"));
  EXPECT_THAT(answers, HasSubstr("* 1 FETCH (UID 1)\r\ne OK")) << "INBOX stays selected";
  EXPECT_THAT(answers, HasSubstr("f NO [NONEXISTENT]"));
}

TEST(ServerRights, WhoeverMayChangeNothingOnlyReads) {
  for (const char* rights : {"lr", "lrk", "lrxpa"}) {
    const std::string answers = with_rights(rights,
                                            "c FETCH 1 (BODY[TEXT])\r\nd STORE 1 +FLAGS (\\Seen)\r\ne EXPUNGE\r\n"
                                            "f MOVE 1 INBOX\r\ng COPY 1 INBOX\r\nh COPY 1 Team\r\ni CLOSE\r\n"
                                            "j STATUS Team (MESSAGES)\r\n");
    EXPECT_THAT(answers, HasSubstr("[PERMANENTFLAGS ()]"));
    EXPECT_THAT(answers, HasSubstr("b OK [READ-ONLY]"));
    EXPECT_THAT(answers, HasSubstr("* 1 FETCH (BODY[TEXT] {5}\r\none\r\n)\r\nc OK"));
    EXPECT_THAT(answers, HasSubstr("d NO "));
    EXPECT_THAT(answers, HasSubstr("e NO "));
    EXPECT_THAT(answers, HasSubstr("f NO "));
    EXPECT_THAT(answers, HasSubstr("g OK [COPYUID"));
    EXPECT_THAT(answers, HasSubstr("h NO [NOPERM]"));
    EXPECT_THAT(answers, HasSubstr("* STATUS Team (MESSAGES 2)"));
  }
}

TEST(ServerRights, FlagsAreChangedAsFarAsTheyMayBe) {
  const std::string all = "c STORE 1 +FLAGS (\\Seen \\Deleted \\Flagged $New)\r\nd FETCH 1 FLAGS\r\n";
  const auto after = [&](std::string_view rights, const std::string& flags) {
    const std::string answers = with_rights(rights, all);
    EXPECT_THAT(answers, HasSubstr("c OK ")) << rights;
    EXPECT_THAT(answers, HasSubstr("* 1 FETCH (FLAGS (" + flags + "))\r\nd OK")) << rights;
    return answers;
  };
  EXPECT_THAT(after("lrs", "\\Answered \\Seen"), HasSubstr("[PERMANENTFLAGS (\\Seen)]"));
  EXPECT_THAT(after("lrt", "\\Answered \\Deleted"), HasSubstr("[PERMANENTFLAGS (\\Deleted)]"));
  EXPECT_THAT(after("lrw", "\\Answered \\Flagged $New"),
              HasSubstr("[PERMANENTFLAGS (\\Answered \\Flagged \\Draft $Work \\*)]"));
  after("lrstw", "\\Answered \\Flagged \\Deleted \\Seen $New");
  EXPECT_THAT(with_rights("lrwi", "c STORE 1 +FLAGS (\\Seen)\r\n"), HasSubstr("c NO [NOPERM]"));
  EXPECT_THAT(with_rights("lrsi", "c STORE 1 -FLAGS (\\Answered)\r\n"), HasSubstr("c NO [NOPERM]"));
  EXPECT_THAT(with_rights("lrs", "c STORE 2 FLAGS ()\r\nd FETCH 2 FLAGS\r\n"),
              HasSubstr("* 2 FETCH (FLAGS (\\Deleted $Work))\r\nd OK"))
      << "what may not be changed stays";
  EXPECT_THAT(with_rights("lri", "c STORE 2 FLAGS ()\r\n"), HasSubstr("c NO [NOPERM]"));
}

TEST(ServerRights, FetchSetsSeenForWhoeverMaySetIt) {
  const std::string fetch = "c FETCH 1 BODY[TEXT]\r\nd FETCH 1 FLAGS\r\n";
  EXPECT_THAT(with_rights("lrs", fetch), HasSubstr("* 1 FETCH (FLAGS (\\Answered \\Seen))\r\nd OK"));
  EXPECT_THAT(with_rights("lrw", fetch), HasSubstr("* 1 FETCH (FLAGS (\\Answered))\r\nd OK"));
}

TEST(ServerRights, ExpungingIsARightOfItsOwn) {
  EXPECT_THAT(with_rights("lre", "c EXPUNGE\r\n"), HasSubstr("* 2 EXPUNGE\r\nc OK"));
  EXPECT_THAT(with_rights("lrtw", "c EXPUNGE\r\nd UID EXPUNGE 1:*\r\ne CLOSE\r\nf STATUS Team (MESSAGES)\r\n"),
              ::testing::AllOf(HasSubstr("c NO [NOPERM]"), HasSubstr("d NO [NOPERM]"), HasSubstr("(MESSAGES 2)")));
  EXPECT_THAT(with_rights("lre", "c CLOSE\r\nd STATUS Team (MESSAGES)\r\n"), HasSubstr("(MESSAGES 1)"));
  for (const char* rights : {"lrt", "lre"}) {
    EXPECT_THAT(with_rights(rights, "c MOVE 1 INBOX\r\nd REPLACE 1 INBOX {1+}\r\nx\r\n"),
                ::testing::AllOf(HasSubstr("c NO [NOPERM]"), HasSubstr("d NO [NOPERM]")));
  }
  EXPECT_THAT(with_rights("lrte", "c MOVE 1 INBOX\r\n"), HasSubstr("c OK"));
}

TEST(ServerRights, WhatIsPutInHasTheFlagsThatMayBeSet) {
  const std::string append = "c APPEND Team (\\Seen \\Flagged) {3+}\r\nA:B\r\nd FETCH 3 FLAGS\r\n";
  EXPECT_THAT(with_rights("lri", append), HasSubstr("* 3 FETCH (FLAGS ())\r\nd OK"));
  EXPECT_THAT(with_rights("lris", append), HasSubstr("* 3 FETCH (FLAGS (\\Seen))\r\nd OK"));
  EXPECT_THAT(with_rights("lrs", append), HasSubstr("c NO [NOPERM]"));
  EXPECT_THAT(with_rights("lriw", "c COPY 1:2 Team\r\nd FETCH 3:4 FLAGS\r\n"),
              HasSubstr("* 3 FETCH (FLAGS (\\Answered))\r\n* 4 FETCH (FLAGS ($Work))\r\nd OK"));
}

// RFC 4314 section 5.1.1 leaves it to the server what becomes of it.
TEST(ServerRights, ASelectedMailboxIsLostWithTheRightToReadIt) {
  MemoryBackend house;
  furnish(house);
  house.fault = [&](std::string_view call) {
    if (call == "numbers") {
      const std::lock_guard lock(house.users["ann"].mutex);
      house.users["ann"].box("INBOX").rights = mail::Rights::parse("lsw").value();
    }
  };
  const std::string answers =
      talk(house, quick_options(), select_inbox + "c STATUS INBOX (SIZE)\r\nd FETCH 1 FLAGS\r\n");
  EXPECT_THAT(answers, HasSubstr("c NO [NOPERM]"));
  EXPECT_THAT(answers, HasSubstr("* BYE The selected mailbox is not there any more\r\n"));
  EXPECT_THAT(answers, Not(HasSubstr("FETCH (")));
}

TEST(ServerRights, LettersInListAndMyRights) {
  const std::string answers =
      with_rights("lrk", "c MYRIGHTS Team\r\nd LIST \"\" T* RETURN (MYRIGHTS)\r\ne GETACL Team\r\n");
  EXPECT_THAT(answers, HasSubstr("* MYRIGHTS Team lrkc\r\nc OK"));
  EXPECT_THAT(answers, HasSubstr("* LIST (\\HasNoChildren) \"/\" Team\r\n* MYRIGHTS Team lrkc\r\nd OK"));
  EXPECT_THAT(answers, HasSubstr("e NO [NOPERM]"));
}

}  // namespace
}  // namespace posthouse::imap
