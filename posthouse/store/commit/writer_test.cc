#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/store/commit/batch_testing.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

/// A store with a table to play with.
class WriterTest : public OnEachEngine {
 protected:
  std::shared_ptr<Store> store;

  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    store = Store::open(options());
    connect().exec("CREATE TABLE t (x INTEGER PRIMARY KEY, y LONGTEXT)");
  }
  std::int64_t rows() {
    return read_sql(*store, [](sql::Connection& db) { return db.query_one<std::int64_t>("SELECT count(*) FROM t"); });
  }
  void insert(int x) {
    write_sql(*store, [x](sql::Connection& db) { db.exec("INSERT INTO t (x) VALUES (?)", x); });
  }
};

POSTHOUSE_ON_EACH_ENGINE(WriterTest);

TEST_P(WriterTest, ReturnsWhatTheJobReturnsOrThrows) {
  EXPECT_EQ(write_sql(*store, [](sql::Connection& db) { return db.query_one<int>("SELECT 7"); }), 7);
  EXPECT_EQ(store->write([](Write&) { return std::make_unique<int>(8); }) == nullptr, false);
  insert(1);
  EXPECT_EQ(rows(), 1);
  EXPECT_THROW(insert(1), sql::Error);
  EXPECT_THROW(store->write([](Write&) { throw 42; }), int);
  insert(2);
  EXPECT_EQ(rows(), 2);
}

TEST_P(WriterTest, ManyThreads) {
  constexpr int threads = 16;
  constexpr int jobs = 50;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      for (int j = 0; j < jobs; ++j) {
        insert(t * jobs + j);
      }
    });
  }
  for (auto& thread : all) {
    thread.join();
  }
  EXPECT_EQ(rows(), threads * jobs);
  const auto statistics = store->statistics();
  EXPECT_GE(statistics.jobs, static_cast<std::uint64_t>(threads * jobs));
  EXPECT_LT(statistics.commits, statistics.jobs) << "jobs shared commits";
}

TEST_P(WriterTest, ManyFibersOnSeveralLoops) {
  fiber::RunOptions options;
  options.loops = 2;
  fiber::run(
      [&] {
        fiber::Scope scope;
        for (int f = 0; f < 100; ++f) {
          scope.spawn_on(static_cast<unsigned>(f), [&, f] {
            for (int j = 0; j < 10; ++j) {
              insert(f * 10 + j);
            }
          });
        }
        scope.join();
      },
      options);
  EXPECT_EQ(rows(), 1000);
  EXPECT_GT(store->statistics().largest_batch, 1U);
}

TEST_P(WriterTest, AFailingJobIsUndoneAloneAndTheOthersOfItsBatchAreKept) {
  std::vector<std::function<void()>> jobs;
  std::atomic<int> failures{0};
  for (int i = 0; i < 20; ++i) {
    jobs.push_back([&, i] {
      try {
        write_sql(*store, [i](sql::Connection& db) {
          db.exec("INSERT INTO t (x) VALUES (?)", i);
          db.exec("INSERT INTO t (x) VALUES (?)", 1000 + i);
          if (i % 3 == 0) {
            throw std::runtime_error("no");
          }
          if (i % 3 == 1) {
            db.exec("INSERT INTO t (x) VALUES (?)", i);  // UNIQUE
          }
        });
      } catch (const std::exception&) {
        ++failures;
      }
    });
  }
  const auto before = store->statistics();
  in_one_batch(*store, jobs);
  const auto after = store->statistics();
  EXPECT_EQ(after.commits - before.commits, 2U) << "the blocker's and one for all";
  EXPECT_EQ(failures, 14);
  EXPECT_EQ(after.failed - before.failed, 14U);
  const auto kept = read_sql(
      *store, [](sql::Connection& db) { return db.query<int>("SELECT x FROM t WHERE x < 1000 ORDER BY x").all(); });
  EXPECT_THAT(kept, testing::ElementsAre(2, 5, 8, 11, 14, 17));
  EXPECT_EQ(rows(), 12);
}

TEST_P(WriterTest, AJobThatEndsTheTransactionFailsTheBatchBeforeItAndNotTheRest) {
  std::vector<std::function<void()>> jobs;
  std::set<int> done;
  std::mutex mutex;
  for (int i = 0; i < 9; ++i) {
    jobs.push_back([&, i] {
      try {
        write_sql(*store, [i](sql::Connection& db) {
          db.exec("INSERT INTO t (x) VALUES (?)", i);
          if (i % 3 == 0) {
            db.exec("ROLLBACK");  // what SQLite does by itself on a full disk
          }
        });
        const std::lock_guard lock(mutex);
        done.insert(i);
      } catch (const sql::Error&) {
      }
    });
  }
  in_one_batch(*store, jobs);
  const auto kept = read_sql(*store, [](sql::Connection& db) { return db.query<int>("SELECT x FROM t").all(); });
  EXPECT_EQ(std::set<int>(kept.begin(), kept.end()), done);
  insert(100);
}

TEST_P(WriterTest, BatchesAreBounded) {
  store.reset();
  auto options = this->options();
  options.writer.max_batch = 4;
  store = Store::open(options);
  std::vector<std::function<void()>> jobs;
  for (int i = 0; i < 10; ++i) {
    jobs.push_back([&, i] { insert(i); });
  }
  in_one_batch(*store, jobs);
  EXPECT_EQ(store->statistics().largest_batch, 4U);
  EXPECT_EQ(rows(), 10);
}

TEST_P(WriterTest, TooManyWaitingAreRefused) {
  store.reset();
  auto options = this->options();
  options.writer.max_waiting = 3;
  store = Store::open(options);
  Blocker blocker(*store);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] { insert(i); });
  }
  while (store->waiting() < 3) {
    std::this_thread::yield();
  }
  EXPECT_EQ(error_of([&] { insert(4); }), "store.overloaded");
  blocker.release();
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(rows(), 3);
  insert(4);
}

TEST_P(WriterTest, StopFinishesWhatWaitsAndRefusesWhatComes) {
  Blocker blocker(*store);
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] { insert(i); });
  }
  while (store->waiting() < 5) {
    std::this_thread::yield();
  }
  std::thread stopper([&] { store->stop(); });
  blocker.let_go();
  std::string refused;
  while (refused != "store.stopped") {
    refused = error_of([&] { store->write([](Write&) {}); });
  }
  stopper.join();
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(rows(), 5) << "reads still work";
  store->stop();
}

TEST_P(WriterTest, ACanceledFiberWaitsForItsJob) {
  fiber::run([&] {
    fiber::Event started;
    fiber::Event go;
    bool written = false;
    fiber::Scope scope;
    scope.spawn([&] {
      write_sql(*store, [&](sql::Connection& db) {
        started.set();
        go.wait();
        db.exec("INSERT INTO t (x) VALUES (1)");
      });
      written = true;
    });
    started.wait();
    scope.cancel();
    go.set();
    scope.join();
    EXPECT_TRUE(written);
  });
  EXPECT_EQ(rows(), 1);
}

TEST_P(WriterTest, TheLogDoesNotGrowForEver) {
  if (!is_sqlite()) {
    GTEST_SKIP() << "a server looks after its log itself";
  }
  store.reset();
  auto options = this->options();
  options.wal_limit = 1024 * 1024;
  store = Store::open(options);
  const std::string text(100'000, 'x');
  std::uintmax_t largest = 0;
  for (int i = 0; i < 200; ++i) {
    write_sql(*store, [&](sql::Connection& db) { db.exec("INSERT INTO t VALUES (?, ?)", i, text); });
    largest = std::max(largest, std::filesystem::file_size(data() + "/posthouse.db-wal"));
  }
  EXPECT_LT(largest, 16U * 1024 * 1024) << "of 20 MiB written";
}

}  // namespace
}  // namespace posthouse::store
