// No job holds the writer for long: what changes many rows does it in slices, each of few statements.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/store/check/repair.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

constexpr int many = 1000;
// A statement takes some 10 µs on SQLite and 100 µs of a server near by, so that this is well below 20 ms.
constexpr std::size_t most_statements = 80;
constexpr std::size_t most_rows = 1000;

class SlicesTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto options = this->options();
    options.body_threshold = 100;
    store = Store::open(options);
    store->accounts().add_domain("two.test");
    inbox = store->accounts().add_account("ann@two.test", "secret").inbox;
    const StoredBody small = body_of(*store, "x");
    for (int i = 0; i < 10; ++i) {
      store->write([&](Write& write) {
        for (int k = 0; k < many / 10; ++k) {
          add_to_mailbox(write, inbox, add_message(write, small), Moment());
        }
      });
    }
    deliver(*store, {inbox}, std::string(1000, 'l'));
    write_sql(*store,
              [this](sql::Connection& db) { db.set_trace([this](const sql::TraceEvent& event) { count(event); }); });
  }
  void TearDown() override {
    if (store) {
      write_sql(*store, [](sql::Connection& db) { db.set_trace({}); });
    }
  }
  void count(const sql::TraceEvent& event) {
    if (event.statement.starts_with("SAVEPOINT")) {
      statements_ = rows_ = 0;
    }
    ++statements_;
    rows_ += event.rows;
    longest = std::max(longest, statements_);
    largest = std::max(largest, rows_);
  }

  std::shared_ptr<Store> store;
  MailboxId inbox = 0;
  std::size_t longest = 0;  // statements of a job
  std::size_t largest = 0;  // rows that a job has read

 private:
  std::size_t statements_ = 0;
  std::size_t rows_ = 0;
};

POSTHOUSE_ON_EACH_ENGINE(SlicesTest);

TEST_P(SlicesTest, ASliceOfADeletionIsFewStatements) {
  std::vector<Uid> uids(200);
  std::iota(uids.begin(), uids.end(), Uid{1});
  EXPECT_EQ(store->write([&](Write& write) { return expunge(write, inbox, uids).uids.size(); }), 200U);
  EXPECT_LE(longest, most_statements);
  EXPECT_EQ(list(*store, inbox).size(), many - 200U + 1);
  EXPECT_TRUE(checked().clean());
}

TEST_P(SlicesTest, AnAccountIsRemovedInSlices) {
  EXPECT_EQ(store->accounts().remove_account("ann@two.test").messages, many + 1U);
  EXPECT_LE(longest, most_statements);
  EXPECT_LE(largest, most_rows);
  longest = 0;
  store->accounts().remove_domain("two.test");
  EXPECT_LE(longest, most_statements);
  EXPECT_EQ(read_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT count(*) FROM message"); }), 0);
  EXPECT_TRUE(checked().clean());
}

TEST_P(SlicesTest, ARepairIsAJobAThing) {
  connect().exec("UPDATE message SET size = size + 1");
  connect().exec("UPDATE mailbox SET uidnext = 1, highestmodseq = 1");
  EXPECT_EQ(repair(*store).size(), many + 2U);
  EXPECT_LE(longest, most_statements);
  EXPECT_TRUE(checked().clean());
}

TEST_P(SlicesTest, IdsThatAreNotThereOrAreGivenTwiceDoNoHarm) {
  const std::vector<Uid> uids{3, 3, 5000, 7, 3};
  EXPECT_EQ(store->write([&](Write& write) { return expunge(write, inbox, uids).uids.size(); }), 2U);
  EXPECT_EQ(list(*store, inbox).size(), many - 1U);
  EXPECT_TRUE(checked().clean());
}

}  // namespace
}  // namespace posthouse::store
