// Pools, and transactions that are tried again.
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Pools : public Database {
 protected:
  void SetUp() override {
    Database::SetUp();
    if (IsSkipped()) {
      return;
    }
    Connection db = open();
    db.exec("create table counter (id integer primary key, n integer)");
    db.exec("insert into counter values (1, 0)");
  }
};
INSTANTIATE_TEST_SUITE_P(, Pools, testing::ValuesIn(engines()), engine_name);

TEST_P(Pools, ConnectionsAreReused) {
  Pool pool(url(), {.size = 2});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(pool.take()->query_one<int>("select 1"), 1);
  }
  EXPECT_EQ(pool.statistics().opened, 1U);
  EXPECT_EQ(pool.statistics().idle, 1U);
  auto one = pool.take();
  auto two = pool.take();
  EXPECT_EQ(pool.statistics().opened, 2U);
  EXPECT_THAT(pool.in_use(), SizeIs(2));
  try {
    pool.take(0ms);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::busy);
    EXPECT_TRUE(error.retryable());
    EXPECT_THAT(error.what(), HasSubstr("all 2 connections"));
    EXPECT_THAT(error.what(), HasSubstr("pool_test.cc"));
  }
  one = std::move(two);
  EXPECT_EQ(pool.take(0ms)->query_one<int>("select 2"), 2);
}

TEST_P(Pools, AnOpenTransactionIsUndoneAtReturn) {
  Pool pool(url(), {.size = 1});
  {
    auto db = pool.take();
    db->begin();
    db->exec("update counter set n = 7");
  }
  EXPECT_EQ(pool.take()->query_one<int>("select n from counter"), 0);
  EXPECT_EQ(pool.statistics().opened, 1U);
}

TEST_P(Pools, OldConnectionsGoAndLeasesOutliveThePool) {
  std::optional<Pool> pool(std::in_place, url(), PoolOptions{.size = 1, .longest_life = 0s});
  {
    auto db = pool->take();
  }
  EXPECT_EQ(pool->statistics().idle, 0U);
  EXPECT_EQ(pool->statistics().discarded, 1U);
  auto last = pool->take();
  pool.reset();
  EXPECT_EQ(last->query_one<int>("select 1"), 1);
}

TEST_P(Pools, ManyFibersShareFewConnections) {
  Pool pool(url(), {.size = 3});
  fiber::run([&] {
    fiber::Scope scope;
    for (int i = 0; i < 20; ++i) {
      scope.spawn([&] { transact(*pool.take(), [](Connection& db) { db.exec("update counter set n = n + 1"); }); });
    }
    scope.join();
  });
  EXPECT_LE(pool.statistics().opened, 3U);
  EXPECT_EQ(connect(url()).query_one<int>("select n from counter"), 20);
}

TEST_P(Pools, LostRacesAreRunAgain) {
  // Each reads and writes what it read: without the retry, or without the transaction, increments would be lost.
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Connection db = connect(url());
      for (int k = 0; k < 25; ++k) {
        transact(db,
                 [](Connection& tx) {
                   const int n = tx.query_one<int>("select n from counter where id = 1" +
                                                   std::string(tx.engine() == "sqlite" ? "" : " for update"));
                   tx.exec("update counter set n = ? where id = 1", n + 1);
                 },
                 {.attempts = 1000, .first_pause = 1ms});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(connect(url()).query_one<int>("select n from counter"), 100);
}

TEST_P(Pools, OtherErrorsAreNotRetried) {
  Connection db = connect(url());
  int runs = 0;
  EXPECT_EQ(errc_thrown([&] {
              transact(db, [&](Connection& tx) {
                ++runs;
                tx.exec("update counter set n = 5");
                tx.exec("insert into counter values (1, 1)");
              });
            }),
            Errc::unique);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(db.query_one<int>("select n from counter"), 0);
  EXPECT_EQ(transact(db, [](Connection& tx) { return tx.exec("update counter set n = 5"); }), 1);
}

TEST(MariadbPools, BrokenConnectionsAreReplaced) {
  if (mariadb() == nullptr) {
    GTEST_SKIP() << "the package mariadb-server is not installed";
  }
  Connection root = connect(mariadb()->url());
  Pool pool(mariadb()->url(), {.size = 2, .check_after_idle = 0s});
  const auto kill = [&](std::int64_t id) { root.exec("kill " + std::to_string(id)); };
  const auto first = pool.take()->query_one<std::int64_t>("select connection_id()");
  kill(first);
  EXPECT_NE(pool.take()->query_one<std::int64_t>("select connection_id()"), first) << "tried before it is given out";
  auto db = pool.take();
  Statement kept = db->prepare("select connection_id()");
  int runs = 0;
  const auto survivor = transact(*db, [&](Connection& tx) {
    const auto id = tx.query_one<std::int64_t>("select connection_id()");
    if (++runs == 1) {
      kill(id);
    }
    tx.exec("select 1");
    return id;
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(kept.query_optional<std::int64_t>(), survivor) << "prepared again on the new connection";
}

TEST(SqlitePools, OfADatabaseInMemoryHaveOneConnection) {
  for (const char* url : {"sqlite://:memory:", "sqlite://", "sqlite:///:memory:"}) {
    Pool pool(url, {.size = 5, .longest_life = 0s});
    pool.take()->exec("create table t (n integer)");
    EXPECT_EQ(pool.take()->query_one<int>("select count(*) from t"), 0) << "it lives on";
    auto only = pool.take();
    EXPECT_EQ(errc_thrown([&] { pool.take(0ms); }), Errc::busy);
  }
}

}  // namespace
}  // namespace posthouse::sql
