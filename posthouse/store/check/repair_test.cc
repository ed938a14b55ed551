#include "posthouse/store/check/repair.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A small message (1) and a large one (2) in a mailbox.
class RepairTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto options = this->options();
    options.body_threshold = 1000;
    const auto store = Store::open(options);
    inbox = add_mailbox(*store, "ann");
    deliver(*store, {inbox}, std::string(500, 's'), {.prefix = "A: b\r\n"});
    deliver(*store, {inbox}, std::string(5000, 'l'), {.prefix = "A: b\r\n"});
  }
  void damage(const std::string& statement) { connect().exec_script(statement); }
  std::vector<std::string> repaired() { return repair(*Store::open(options(false))); }

  MailboxId inbox = 0;
};

POSTHOUSE_ON_EACH_ENGINE(RepairTest);

TEST_P(RepairTest, WhatIsRightIsLeftAlone) {
  EXPECT_THAT(repaired(), IsEmpty());
}

TEST_P(RepairTest, CountersBehind) {
  damage("UPDATE mailbox SET uidnext = 1, highestmodseq = 1");
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("mailbox 1: uidnext is 3, highestmodseq 3, uidvalidity ")));
  EXPECT_GT(connect().query_one<int>("SELECT uidvalidity FROM mailbox"), 1) << "a UID may have been given twice";
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(RepairTest, UidvalidityStaysWhereOnlyTheModseqWasBehind) {
  damage("UPDATE mailbox SET highestmodseq = 1");
  EXPECT_THAT(repaired(), ElementsAre("mailbox 1: uidnext is 3, highestmodseq 3, uidvalidity 1"));
}

TEST_P(RepairTest, UidvalidityGrowsWhateverTheClockSays) {
  damage("UPDATE mailbox SET uidnext = 1, uidvalidity = 4000000000");
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("uidvalidity 4000000001")));
}

TEST_P(RepairTest, Sizes) {
  damage("UPDATE message SET size = 7, prefix_size = 1");
  EXPECT_THAT(repaired(),
              ElementsAre("message 1: its size is 500", "message 2: its size is 5000",
                          "message 1: 6 octets stand in front of it", "message 2: 6 octets stand in front of it"));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(RepairTest, ABodyThatIsNotWhatWasReceivedIsNotMadeRight) {
  damage("UPDATE message_body SET body = x'00' WHERE message_id = 1");
  EXPECT_THAT(repaired(), IsEmpty());
  EXPECT_THAT(checked().problems, ElementsAre("message 1: its body has 1 octets instead of 500"));
}

TEST_P(RepairTest, NothingIsTakenAway) {
  damage("DELETE FROM mailbox_message WHERE uid = 2");
  EXPECT_THAT(repaired(), IsEmpty());
  EXPECT_THAT(checked().problems, ElementsAre("message 2 is in no mailbox and in no queue"));
  EXPECT_EQ(files_below(data() + "/bodies"), 1U);
}

TEST_P(RepairTest, AMissingInbox) {
  damage("UPDATE mailbox SET name = 'inbox'");
  EXPECT_THAT(repaired(), ElementsAre("account 1: has an INBOX"));
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::store
