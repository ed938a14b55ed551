// Messages that belong together, whatever the order in which that is found out.
#include "posthouse/store/mailboxes/threads.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ThreadsTest : public StoreOnEachEngine {
 protected:
  MessageId deliver_one() { return deliver(*store, {inbox}, "text"); }
  /// The thread that a message gets that names these ids, its own first.
  ThreadId join(MessageId message, const std::vector<std::string>& ids, AccountId whose = 0) {
    ThreadClaim claim{.message = message};
    for (const std::string& id : ids) {
      claim.keys.push_back(thread_key(id));
    }
    const auto joined =
        store->write([&](Write& write) { return join_threads(write, whose != 0 ? whose : account, {{claim}}); });
    return joined.empty() ? 0 : joined.front().thread;
  }
};

POSTHOUSE_ON_EACH_ENGINE(ThreadsTest);

TEST_P(ThreadsTest, AreJoinedByNamesAndStay) {
  const MessageId first = deliver_one();
  const MessageId answer = deliver_one();
  const MessageId other = deliver_one();
  const MessageId both = deliver_one();
  EXPECT_EQ(join(answer, {"<2@a>", "<1@a>"}), answer) << "the answer is looked at before what it answers";
  EXPECT_EQ(join(first, {"<1@a>"}), answer);
  EXPECT_EQ(join(other, {"<3@a>"}), other);
  EXPECT_EQ(join(both, {"<4@a>", "<3@a>", "<2@a>"}), answer) << "of two threads the older";
  EXPECT_EQ(join(other, {"<3@a>", "<1@a>"}), other) << "it was told so";
  EXPECT_EQ(join(deliver_one(), {"<5@a>", "<3@a>"}), other);
  EXPECT_THAT(
      store->read(
          [&](Read& read) { return threads_of(read, account, std::vector<MessageId>{other, both, first, 4711}); }),
      ElementsAre(ThreadedMessage{first, answer}, ThreadedMessage{other, other}, ThreadedMessage{both, answer}));
}

TEST_P(ThreadsTest, WhatHasNoNamesIsAlone) {
  const MessageId one = deliver_one();
  const MessageId two = deliver_one();
  EXPECT_EQ(join(one, {}), one);
  EXPECT_EQ(join(two, {}), two);
  EXPECT_EQ(join(4711, {"<1@a>"}), 0) << "it has gone";
}

TEST_P(ThreadsTest, ManyAtOnceAreAsOneByOne) {
  std::vector<ThreadClaim> claims;
  for (int i = 0; i < 100; ++i) {
    claims.push_back({deliver_one(), {thread_key("<" + std::to_string(i) + "@a>")}});
    if (i >= 5) {
      claims.back().keys.push_back(thread_key("<" + std::to_string(i - 5) + "@a>"));
    }
  }
  const auto joined = store->write([&](Write& write) { return join_threads(write, account, claims); });
  ASSERT_EQ(joined.size(), 100U);
  for (std::size_t i = 5; i < joined.size(); ++i) {
    EXPECT_EQ(joined[i].thread, joined[i % 5].message);
  }
}

TEST_P(ThreadsTest, AreAnAccountsOwnAndGoWithItAndItsMessages) {
  const MailboxId bob_inbox = add_mailbox(*store, "bob");
  const AccountId bob = store->read([&](Read& read) { return find_mailbox(read, bob_inbox)->account; });
  const MessageId first = deliver_one();
  const MessageId shared = deliver(*store, {inbox, bob_inbox}, "text");
  join(first, {"<1@a>"});
  EXPECT_EQ(join(shared, {"<2@a>", "<1@a>"}), first);
  EXPECT_EQ(join(shared, {"<2@a>", "<1@a>"}, bob), shared);
  const auto rows = [&](const std::string& table) { return connect().query_one<int>("SELECT count(*) FROM " + table); };
  EXPECT_EQ(rows("message_thread"), 3);
  EXPECT_EQ(rows("thread_key"), 4);
  store->write([&](Write& write) { expunge(write, inbox, std::vector<Uid>{1}); });
  EXPECT_EQ(rows("message_thread"), 2);
  store->accounts().remove_account("ann@one.test");
  EXPECT_EQ(rows("thread_key"), 2);
  store->accounts().remove_account("bob@one.test");
  EXPECT_EQ(rows("thread_key"), 0);
  EXPECT_EQ(rows("message_thread"), 0);
}

}  // namespace
}  // namespace posthouse::store
