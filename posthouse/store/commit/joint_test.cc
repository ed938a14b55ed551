// Jobs that are done together: few statements, the same rows as one by one, and whichever is bad fails alone.
#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/commit/batch_testing.h"
#include "posthouse/store/database/acknowledged.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JointTest : public OnEachEngine {
 protected:
  std::shared_ptr<Store> store;
  std::vector<MailboxId> mailboxes;

  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto options = this->options();
    options.body_threshold = 1000;
    store = Store::open(options);
    for (int i = 0; i < 5; ++i) {
      mailboxes.push_back(add_mailbox(*store, "user" + std::to_string(i)));
    }
  }
  /// Jobs that each deliver a letter to one of the mailboxes in turn; every tenth letter is a file.
  std::vector<std::function<void()>> letters(int count) {
    std::vector<std::function<void()>> jobs;
    for (int i = 0; i < count; ++i) {
      jobs.push_back([this, i] {
        deliver(*store, {mailboxes[static_cast<std::size_t>(i) % mailboxes.size()]},
                std::to_string(i) + std::string(i % 10 == 0 ? 2000 : 100, 'x'));
      });
    }
    return jobs;
  }
  /// A job that delivers to a mailbox that is not there.
  std::function<void()> bad_letter(std::atomic<int>& refused) {
    return [this, &refused] {
      refused +=
          error_of([&] { deliver(*store, {mailboxes[0], 12345}, std::string(3000, 'b')); }) == "store.no_such_mailbox";
    };
  }
  std::size_t delivered() {
    std::size_t all = 0;
    for (const MailboxId mailbox : mailboxes) {
      all += list(*store, mailbox).size();
    }
    return all;
  }
};

POSTHOUSE_ON_EACH_ENGINE(JointTest);

TEST_P(JointTest, ABatchIsFewStatementsWhateverItHolds) {
  in_one_batch(*store, letters(64));
  std::vector<std::string> statements;
  write_sql(*store, [&](sql::Connection& db) {
    db.set_trace([&](const sql::TraceEvent& event) { statements.emplace_back(event.statement); });
  });
  in_one_batch(*store, letters(64));
  write_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
  const auto first =
      std::find_if(statements.begin(), statements.end(), [](const auto& text) { return text.starts_with("INSERT"); });
  const auto commit = std::find(first, statements.end(), "COMMIT");
  // Messages, bodies, files, MODSEQs taken, the counters raised and read, mailbox rows.
  EXPECT_EQ(commit - first, 7) << testing::PrintToString(statements);
  EXPECT_EQ(std::count_if(statements.begin(), first, [](const auto& text) { return text.starts_with("SAVEPOINT"); }), 1)
      << "of the job before";
  EXPECT_EQ(delivered(), 128U);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(JointTest, AServerIsAskedSeldom) {
  if (is_sqlite()) {
    GTEST_SKIP() << "there is no server";
  }
  const auto questions = [&] {
    return write_sql(*store, [](sql::Connection& db) {
      return std::stoll(
          std::get<1>(db.query_one<std::string, std::string>("SHOW SESSION STATUS LIKE 'Com_stmt_execute'")));
    });
  };
  (void)questions();
  in_one_batch(*store, letters(64));
  const auto before = questions();
  in_one_batch(*store, letters(64));
  EXPECT_LE(questions() - before, 30) << "of three batches: one before, for the blocker, and one to ask";
}

TEST_P(JointTest, UidsAreInTheOrderOfTheJobs) {
  std::vector<MessageAdded> told;
  const Subscription subscription = store->listen([&](std::span<const Change> changes) {
    for (const Change& change : changes) {
      told.push_back(std::get<MessageAdded>(change));
    }
  });
  in_one_batch(*store, letters(40));
  ASSERT_THAT(told, SizeIs(40));
  for (const MailboxId mailbox : mailboxes) {
    const auto entries = list(*store, mailbox);
    ASSERT_THAT(entries, SizeIs(8));
    const Mailbox found = store->read([&](Read& read) { return find_mailbox(read, mailbox).value(); });
    EXPECT_EQ(found.uidnext, 9U);
    EXPECT_EQ(found.highestmodseq, 9U);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(entries[i].uid, i + 1);
      EXPECT_EQ(entries[i].modseq, i + 2);
      EXPECT_TRUE(i == 0 || entries[i].message > entries[i - 1].message);
      EXPECT_EQ(std::count_if(told.begin(), told.end(),
                              [&](const MessageAdded& each) {
                                return each.mailbox == mailbox && each.uid == entries[i].uid &&
                                       each.message == entries[i].message && each.modseq == entries[i].modseq;
                              }),
                1);
    }
  }
}

TEST_P(JointTest, ABadOneFailsAlone) {
  std::size_t told = 0;
  const Subscription subscription = store->listen([&](std::span<const Change> changes) { told += changes.size(); });
  std::atomic<int> refused{0};
  auto jobs = letters(30);
  jobs.insert(jobs.begin() + 10, bad_letter(refused));
  jobs.push_back(bad_letter(refused));
  const auto before = store->statistics();
  in_one_batch(*store, jobs);
  const auto after = store->statistics();
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(after.failed - before.failed, 2U);
  EXPECT_EQ(after.jobs - before.jobs, 33U) << "with the blocker, each once";
  EXPECT_EQ(after.commits - before.commits, 2U);
  EXPECT_EQ(delivered(), 30U);
  EXPECT_EQ(told, 30U);
  EXPECT_EQ(files_below(data() + "/bodies"), 3U) << "those of the bad ones are gone";
  EXPECT_THAT(checked().problems, IsEmpty());
  if (is_sqlite()) {
    store.reset();
    const auto last = connect().query_one<std::int64_t>("SELECT seq FROM sqlite_sequence WHERE name = 'message'");
    EXPECT_LE(Acknowledged::read(data()).value_or(0), last) << "nothing that was undone counts as acknowledged";
  }
}

TEST_P(JointTest, CountersThatAreBehindAreRepaired) {
  in_one_batch(*store, letters(10));
  connect().exec("UPDATE mailbox SET uidnext = 1, highestmodseq = 1 WHERE id = ?", mailboxes[2]);
  in_one_batch(*store, letters(10));
  EXPECT_EQ(delivered(), 20U);
  EXPECT_THAT(list(*store, mailboxes[2]), SizeIs(4));
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(JointTest, AMailboxNamedTwiceGetsOne) {
  deliver(*store, {mailboxes[0], mailboxes[1], mailboxes[0]}, "hello");
  EXPECT_EQ(delivered(), 2U);
  EXPECT_THAT(checked().problems, IsEmpty());
}

TEST_P(JointTest, OthersOfTheBatchHaveTheirOwnFate) {
  connect().exec("CREATE TABLE t (x INTEGER PRIMARY KEY)");
  std::atomic<int> failures{0};
  auto jobs = letters(6);
  for (int i = 0; i < 6; ++i) {
    jobs.insert(jobs.begin() + 2 * i, [&, i] {
      try {
        write_sql(*store, [i](sql::Connection& db) {
          db.exec("INSERT INTO t VALUES (?)", i);
          if (i % 2 == 0) {
            throw std::runtime_error("no");
          }
        });
      } catch (const std::runtime_error&) {
        ++failures;
      }
    });
  }
  in_one_batch(*store, jobs);
  EXPECT_EQ(failures, 3);
  EXPECT_EQ(delivered(), 6U);
  EXPECT_THAT(connect().query<int>("SELECT x FROM t ORDER BY x").all(), ElementsAre(1, 3, 5));
}

TEST_P(JointTest, AnotherJobThatEndsTheTransactionFailsThoseBeforeIt) {
  std::atomic<int> acknowledged{0};
  std::vector<std::function<void()>> jobs;
  for (const auto& letter : letters(9)) {
    jobs.push_back([&acknowledged, letter] {
      try {
        letter();
        ++acknowledged;
      } catch (const sql::Error&) {
      }
    });
  }
  jobs.insert(jobs.begin() + 4, [&] {
    EXPECT_NE(error_of([&] { write_sql(*store, [](sql::Connection& db) { db.exec("ROLLBACK"); }); }), "no error");
  });
  in_one_batch(*store, jobs);
  EXPECT_EQ(delivered(), static_cast<std::size_t>(acknowledged));
  EXPECT_GE(acknowledged, 5) << "those behind it are written in the next transaction";
  EXPECT_THAT(checked().problems, IsEmpty());
}

/// Counts how it was done; `all` fails after it has written.
struct Stubborn {
  int x = 0;
  int times_together = 0;
  int times_alone = 0;
  static void all(Write& write, std::span<Stubborn* const> items) {
    for (Stubborn* item : items) {
      ++item->times_together;
      own_tables(write).exec("INSERT INTO t VALUES (?)", item->x);
    }
    throw std::runtime_error("not together");
  }
  static void one(Write& write, Stubborn& item) {
    ++item.times_alone;
    own_tables(write).exec("INSERT INTO t VALUES (?)", item.x);
    if (item.x == 3) {
      throw 42;
    }
  }
};

TEST_P(JointTest, WhatFailsTogetherIsUndoneAndTriedOneByOne) {
  connect().exec("CREATE TABLE t (x INTEGER PRIMARY KEY)");
  std::vector<Stubborn> items(5);
  std::vector<std::function<void()>> jobs;
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].x = static_cast<int>(i);
    jobs.push_back([&, i] {
      if (i == 3) {
        EXPECT_THROW(store->write_jointly(items[i], Stubborn::all, Stubborn::one), int);
      } else {
        store->write_jointly(items[i], Stubborn::all, Stubborn::one);
      }
    });
  }
  in_one_batch(*store, jobs);
  for (const Stubborn& item : items) {
    EXPECT_EQ(item.times_together, 1);
    EXPECT_EQ(item.times_alone, 1);
  }
  EXPECT_THAT(connect().query<int>("SELECT x FROM t ORDER BY x").all(), ElementsAre(0, 1, 2, 4));
}

}  // namespace
}  // namespace posthouse::store
