// How far transactions are kept apart, and what a trace shows, on every engine.
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Transactions : public Database {
 protected:
  void SetUp() override {
    Database::SetUp();
    if (IsSkipped()) {
      return;
    }
    one_.emplace(open());
    if (is_sqlite()) {
      one_->query_one<std::string>("pragma journal_mode = wal");
    }
    one_->exec("create table t (id integer primary key, n integer)");
    one_->exec("insert into t values (1, 1)");
    two_.emplace(open());
  }
  // What a transaction of that isolation sees at first, after another's change, and after its commit.
  std::vector<int> seen(Isolation isolation) {
    one().exec("update t set n = 1");
    Transaction reading(two(), {.isolation = isolation});
    std::vector<int> seen{value(two())};
    Transaction writing(one());
    one().exec("update t set n = 2");
    seen.push_back(value(two()));
    writing.commit();
    seen.push_back(value(two()));
    return seen;
  }
  static int value(Connection& db) { return db.query_one<int>("select n from t where id = 1"); }
  Connection& one() { return *one_; }
  Connection& two() { return *two_; }

 private:
  std::optional<Connection> one_;
  std::optional<Connection> two_;
};
INSTANTIATE_TEST_SUITE_P(, Transactions, testing::ValuesIn(engines()), engine_name);

TEST_P(Transactions, Isolation) {
  const bool weak = !is_sqlite();  // SQLite has the strongest only
  EXPECT_EQ(seen(Isolation::read_uncommitted), weak ? std::vector<int>({1, 2, 2}) : std::vector<int>({1, 1, 1}));
  EXPECT_EQ(seen(Isolation::read_committed), weak ? std::vector<int>({1, 1, 2}) : std::vector<int>({1, 1, 1}));
  EXPECT_THAT(seen(Isolation::repeatable_read), ElementsAre(1, 1, 1));
  EXPECT_FALSE(two().in_transaction());
  two().exec("update t set n = 5");
  EXPECT_EQ(value(one()), 5);
}

TEST_P(Transactions, SerializableOnesDoNotLoseUpdates) {
  // Both read, both write what they read plus one: one of them must fail, and may be tried again.
  one().set_busy_timeout(std::chrono::milliseconds(0));
  two().set_busy_timeout(std::chrono::milliseconds(0));
  int failures = 0;
  {
    const TransactionOptions options{.isolation = Isolation::serializable};
    Transaction first(one(), options);
    Transaction second(two(), options);
    const int a = value(one());
    const int b = value(two());
    for (auto [db, transaction, n] : {std::tuple{&one(), &first, a}, std::tuple{&two(), &second, b}}) {
      try {
        db->exec("update t set n = ? where id = 1", n + 1);
        transaction->commit();
      } catch (const Error& error) {
        EXPECT_EQ(error.errc(), Errc::busy);
        EXPECT_TRUE(error.retryable());
        EXPECT_TRUE(error.connection_usable());
        transaction->rollback();
        ++failures;
      }
    }
  }
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(value(one()), 2);
}

TEST_P(Transactions, ImmediateAndExclusiveOnesTakeTheLockAtOnce) {
  two().set_busy_timeout(std::chrono::milliseconds(0));
  for (const TransactionMode mode : {TransactionMode::immediate, TransactionMode::exclusive}) {
    Transaction transaction(one(), mode);
    const auto write = [&] { two().exec("update t set n = 7"); };
    if (is_sqlite()) {
      EXPECT_EQ(errc_thrown(write), Errc::busy);
    } else {
      write();  // there it is rows that are locked
    }
    transaction.commit();
  }
  EXPECT_EQ(transact(one(), [](Connection& db) { return value(db); },
                     {.transaction = {.isolation = Isolation::read_committed}}),
            is_sqlite() ? 1 : 7);
}

TEST_P(Transactions, OneStateForManySelects) {
  Transaction reading(two());
  std::vector<int> seen;
  for (int i = 0; i < 3; ++i) {
    seen.push_back(value(two()));
    one().exec("update t set n = n + 1");
  }
  EXPECT_THAT(seen, ElementsAre(1, 1, 1));
  reading.rollback();
  EXPECT_EQ(value(two()), 4);
}

TEST_P(Transactions, ValuesAreTracedOnlyWhenAskedFor) {
  std::ostringstream out;
  one().set_trace(echo(out));
  one().exec("update t set n = ? where id = ?", 4100041, 1);
  EXPECT_THAT(out.str(), HasSubstr(" s, 0 rows: update t set n = ? where id = ?\n"));
  EXPECT_THAT(out.str(), Not(HasSubstr("4100041"))) << "a number that no time has";
  out.str({});
  one().set_trace(echo(out), {.values = true});
  one().exec("update t set n = ? where id = ?", 42, 1);
  EXPECT_EQ(value(one()), 42) << "bound as well as told";
  EXPECT_EQ(one().query_one<int>("select count(*) from t where n = :n or 'a' = :s or :b is null or :r > 2",
                                 named("n", 1), named("s", "it's\n"), named("b", nullptr), named("r", 1.5)),
            1);
  EXPECT_THAT(out.str(), HasSubstr("update t set n = ? where id = ? (42, 1)\n"));
  EXPECT_THAT(out.str(), HasSubstr("(1, 'it's\\x0A', NULL, 1.500000)"));
  out.str({});
  EXPECT_THROW(one().exec("insert into t values (?, ?)", 1, BlobView{"xyz"}), Error);
  EXPECT_THAT(out.str(), HasSubstr(" s, failed: insert into t values (?, ?) (1, a blob of 3 octets)"));
  one().set_trace({});
}

}  // namespace
}  // namespace posthouse::sql
