#include "posthouse/store/check/repair.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/search/indexer.h"
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

TEST_P(RepairTest, ADamagedSearchIndexIsMadeAnew) {
  const auto index_all = [&] {
    const auto store = Store::open(options());
    Indexer indexer(*store, {.format = "1", .texts = [&](MessageId message, const auto& sink) {
                               sink(SearchPlace::body, "text of " + std::to_string(message));
                               return true;
                             }});
    const AccountId account = store->read([&](Read& read) { return find_mailbox(read, inbox)->account; });
    while (indexer.index_some(account)) {
    }
    while (indexer.clean_some(account)) {
    }
  };
  index_all();
  EXPECT_THAT(checked().problems, IsEmpty());
  EXPECT_THAT(repaired(), IsEmpty());
  for (const char* statement :
       {"UPDATE search_block SET data = x'00' WHERE term > 1", "DELETE FROM search_block WHERE term = 0",
        "DELETE FROM search_segment", "UPDATE search_segment SET first_message = 2",
        "UPDATE search_mark SET uid = 3, uidvalidity = 1; DELETE FROM search_segment; UPDATE search_account SET "
        "segments = 0"}) {
    damage(statement);
    EXPECT_THAT(checked().problems, ElementsAre(HasSubstr("account 1: its search index is damaged: "))) << statement;
    EXPECT_THAT(repaired(), ElementsAre("account 1: its search index will be made anew")) << statement;
    EXPECT_THAT(checked().problems, IsEmpty()) << statement;
    index_all();
    EXPECT_THAT(checked().problems, IsEmpty()) << statement;
  }
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

TEST_P(RepairTest, CountersBehindWhatHasGone) {
  const Uid all[] = {1, 2};
  Store::open(options(false))->write([&](Write& write) { expunge(write, inbox, all); });
  damage("UPDATE mailbox SET uidnext = 1, highestmodseq = 1");
  EXPECT_THAT(checked().problems,
              ElementsAre("mailbox 1: uid 2 was expunged, uidnext 1; at modseq 4, highestmodseq 1"));
  EXPECT_THAT(repaired(), ElementsAre(HasSubstr("mailbox 1: uidnext is 3, highestmodseq 4, uidvalidity ")));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(RepairTest, AnAccountsCounterBehind) {
  damage("UPDATE account_counter SET modseq = 2");
  EXPECT_THAT(checked().problems,
              ElementsAre("account 1: modseq 2, highestmodseq of a mailbox 3; uidvalidity 1, a mailbox's 1"));
  EXPECT_THAT(repaired(), ElementsAre("mailbox 1: uidnext is 3, highestmodseq 3, uidvalidity 1"));
  EXPECT_THAT(checked().problems, IsEmpty());
  damage("DELETE FROM account_counter");
  EXPECT_THAT(repaired(), ElementsAre("mailbox 1: uidnext is 3, highestmodseq 3, uidvalidity 1"));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(RepairTest, WhatIsCountedWrong) {
  damage("UPDATE mailbox SET messages = 7, unseen = 1, deleted = 1, octets = 5, expunged_ranges = 9");
  damage("INSERT INTO mailbox_chunk (mailbox_id, chunk, live) VALUES (1, 0, 2)");
  EXPECT_THAT(checked().problems,
              ElementsAre("mailbox 1: messages is 7 instead of 2", "mailbox 1: unseen is 1 instead of 2",
                          "mailbox 1: deleted is 1 instead of 0", HasSubstr("mailbox 1: octets is 5 instead of "),
                          "mailbox 1: expunged_ranges is 9 instead of 0",
                          "mailbox 1: its chunks count other messages than there are"));
  EXPECT_THAT(repaired(), ElementsAre("mailbox 1: counted anew"));
  EXPECT_THAT(checked().problems, IsEmpty());
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
  EXPECT_THAT(repaired(), ElementsAre("mailbox 1: counted anew"));
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
