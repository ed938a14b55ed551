// Whoever listens is told of what has become durable, in order, and of nothing else.
#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A change in a line.
struct Told {
  std::string operator()(const MessageAdded& c) const {
    return line("added", c.mailbox, c.modseq) + " uid " + std::to_string(c.uid) + " message " +
           std::to_string(c.message);
  }
  std::string operator()(const MessagesExpunged& c) const {
    std::string told = line("expunged", c.mailbox, c.modseq);
    for (const Uid uid : c.uids) {
      told += " uid " + std::to_string(uid);
    }
    return told;
  }
  std::string operator()(const FlagsChanged& c) const {
    std::string told = line("flags", c.mailbox, c.modseq);
    for (const FlagsChanged::Message& message : c.messages) {
      told += " uid " + std::to_string(message.uid) + " has " + std::to_string(message.flags);
    }
    return told;
  }
  std::string operator()(const KeywordsNamed& c) const {
    std::string told = "keywords in " + std::to_string(c.mailbox);
    for (const KeywordsNamed::Keyword& keyword : c.keywords) {
      told += " " + std::to_string(keyword.number) + " " + keyword.name;
    }
    return told;
  }
  std::string operator()(const MailboxCreated& c) const { return "created " + c.name; }
  std::string operator()(const MailboxRenamed& c) const { return "renamed " + c.from + " to " + c.to; }
  std::string operator()(const SubscriptionChanged& c) const {
    return (c.subscribed ? "subscribed " : "unsubscribed ") + c.name;
  }
  std::string operator()(const MailboxRemoved& c) const { return "removed mailbox " + std::to_string(c.mailbox); }
  std::string operator()(const MailboxRepaired&) const { return "repaired"; }
  std::string operator()(const RightsChanged& c) const { return "rights to " + std::to_string(c.mailbox); }
  std::string operator()(const AccountChanged& c) const {
    static constexpr const char* words[] = {"added", "password", "enabled", "disabled", "removed"};
    return "account " + std::to_string(c.account) + " " + words[static_cast<int>(c.what)];
  }
  std::string operator()(const ScriptsChanged& c) const { return "scripts of " + std::to_string(c.account); }
  std::string operator()(const WorkDue& c) const { return c.module + " " + c.subject + " " + std::to_string(c.items); }

 private:
  static std::string line(const char* what, MailboxId mailbox, std::uint64_t modseq) {
    return std::string(what) + " in " + std::to_string(mailbox) + " modseq " + std::to_string(modseq);
  }
};

class ChangesTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (!IsSkipped()) {
      store = Store::open(options());
    }
  }
  Subscription listen() {
    return store->listen([this](std::span<const Change> changes) {
      const std::lock_guard lock(mutex);
      for (const Change& change : changes) {
        told.push_back(std::visit(Told(), change));
      }
      batches += 1;
    });
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(told, {});
  }

  std::shared_ptr<Store> store;
  std::mutex mutex;
  std::vector<std::string> told;
  int batches = 0;
};

POSTHOUSE_ON_EACH_ENGINE(ChangesTest);

TEST_P(ChangesTest, OfMessagesAndMailboxes) {
  const MailboxId ann = add_mailbox(*store, "ann");
  const MailboxId bob = add_mailbox(*store, "bob");
  const Subscription listening = listen();
  deliver(*store, {ann, bob}, "1");
  EXPECT_THAT(take(), ElementsAre("added in " + std::to_string(ann) + " modseq 2 uid 1 message 1",
                                  "added in " + std::to_string(bob) + " modseq 2 uid 1 message 1"))
      << "before write() returned";
  deliver(*store, {ann}, "2");
  take();
  const Uid both[] = {1, 2, 3};
  store->write([&](Write& write) { return expunge(write, ann, both); });
  EXPECT_THAT(take(), ElementsAre("expunged in " + std::to_string(ann) + " modseq 4 uid 1 uid 2"));
  store->write([&](Write& write) { return expunge(write, ann, both); });
  EXPECT_THAT(take(), IsEmpty()) << "nothing was there";
}

TEST_P(ChangesTest, OfFlagsAndNames) {
  const MailboxId ann = add_mailbox(*store, "ann");
  const AccountId account = store->read([&](Read& read) { return find_mailbox(read, ann)->account; });
  deliver(*store, {ann}, "1");
  deliver(*store, {ann}, "2");
  const Subscription listening = listen();
  const Uid both[] = {1, 2};
  store->write([&](Write& write) { return store_flags(write, ann, both, {.system = flag::seen}); });
  const std::string inbox = std::to_string(ann);
  EXPECT_THAT(take(), ElementsAre("flags in " + inbox + " modseq 4 uid 1 has 1 uid 2 has 1"));
  store->write([&](Write& write) {
    create_mailbox(write, account, "a/b");
    rename_mailbox(write, account, "a", "c");
    subscribe(write, account, "c");
    unsubscribe(write, account, "c");
  });
  EXPECT_THAT(take(), ElementsAre("created a", "created a/b", "renamed a to c", "renamed a/b to c/b", "subscribed c",
                                  "unsubscribed c"));
  const MailboxId other = store->read([&](Read& read) { return find_mailbox(read, account, "c/b")->id; });
  const std::string there = std::to_string(other);
  store->write([&](Write& write) { return move_messages(write, ann, both, other); });
  EXPECT_THAT(take(), ElementsAre("added in " + there + " modseq 9 uid 1 message 1",
                                  "added in " + there + " modseq 9 uid 2 message 2",
                                  "expunged in " + inbox + " modseq 10 uid 1 uid 2"));
  store->write([&](Write& write) { remove_mailbox(write, account, "c/b"); });
  EXPECT_THAT(take(), ElementsAre("removed mailbox " + there));
}

TEST_P(ChangesTest, OfAccounts) {
  Accounts& accounts = store->accounts();
  accounts.add_domain("one.test");
  const Subscription listening = listen();
  const Account ann = accounts.add_account("ann@one.test", "secret words");
  const std::string account = "account " + std::to_string(ann.id) + " ";
  EXPECT_THAT(take(), ElementsAre(account + "added", "created INBOX", "created Sent", "created Drafts", "created Trash",
                                  "created Junk", "created Archive"));
  accounts.set_password("ann@one.test", "other words");
  accounts.set_enabled("ann@one.test", false);
  accounts.set_enabled("ann@one.test", true);
  EXPECT_THAT(take(), ElementsAre(account + "password", account + "disabled", account + "enabled"));
  deliver(*store, {ann.inbox}, "1");
  take();
  accounts.remove_account("ann@one.test");
  const std::string inbox = std::to_string(ann.inbox);
  std::vector<std::string> told{account + "disabled"};
  for (MailboxId other = ann.inbox + 1; other <= ann.inbox + 5; ++other) {
    told.push_back("removed mailbox " + std::to_string(other));
  }
  told.insert(told.end(),
              {"expunged in " + inbox + " modseq 3 uid 1", "removed mailbox " + inbox, account + "removed"});
  EXPECT_EQ(take(), told);
}

TEST_P(ChangesTest, AJobThatFailsLeavesNone) {
  const MailboxId ann = add_mailbox(*store, "ann");
  const Subscription listening = listen();
  const StoredBody body = body_of(*store, "x");
  EXPECT_THROW(store->write([&](Write& write) {
    add_to_mailbox(write, ann, add_message(write, body), Moment());
    throw std::runtime_error("changed my mind");
  }),
               std::runtime_error);
  EXPECT_EQ(error_of([&] {
              store->write([&](Write& write) {
                write.note(WorkDue{.module = "m", .subject = "s"});
                own_tables(write).exec("ROLLBACK");  // what SQLite does by itself on a full disk
              });
            }).substr(0, 3),
            "sql");
  EXPECT_THAT(take(), IsEmpty());
  store->write([&](Write& write) { write.note(WorkDue{.module = "m", .subject = "s", .items = 3}); });
  EXPECT_THAT(take(), ElementsAre("m s 3"));
}

TEST_P(ChangesTest, AreToldInTheOrderOfTheCommits) {
  const MailboxId ann = add_mailbox(*store, "ann");
  std::vector<std::uint64_t> modseqs;
  const Subscription listening = store->listen([&](std::span<const Change> changes) {
    for (const Change& change : changes) {
      modseqs.push_back(std::get<MessageAdded>(change).modseq);
    }
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        deliver(*store, {ann}, "x");
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(modseqs.size(), 80U);
  EXPECT_TRUE(std::is_sorted(modseqs.begin(), modseqs.end()));
}

TEST_P(ChangesTest, ASubscriptionEndsAndMayOutliveTheStore) {
  Subscription first = listen();
  Subscription second = listen();
  const auto write = [&] { store->write([&](Write& job) { job.note(WorkDue{.module = "m", .subject = "s"}); }); };
  write();
  EXPECT_EQ(batches, 2);
  first = Subscription();
  write();
  EXPECT_EQ(batches, 3);
  first = std::move(second);
  write();
  EXPECT_EQ(batches, 4);
  store.reset();
}

TEST_P(ChangesTest, AListenerThatThrowsHarmsNobody) {
  const Subscription bad = store->listen([](std::span<const Change>) { throw std::runtime_error("no memory"); });
  const Subscription good = listen();
  store->write([](Write& write) { write.note(WorkDue{.module = "m", .subject = "s"}); });
  EXPECT_THAT(take(), ElementsAre("m s 1"));
}

}  // namespace
}  // namespace posthouse::store
