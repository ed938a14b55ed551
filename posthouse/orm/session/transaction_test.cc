// How sessions get their connections and begin their transactions.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"

namespace posthouse::orm {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class SqliteSessions : public Orm {
 protected:
  /// The statement by which the transaction began in which `f` does something.
  template <class F>
  std::string begin_of(F&& f, SessionOptions options = {}) {
    Session session(engine(), options);
    std::string first;
    session.connection().set_trace([&](const sql::TraceEvent& event) {
      if (first.empty()) {
        first = event.statement;
      }
    });
    f(session);
    session.connection().set_trace({});
    return first;
  }
};
INSTANTIATE_TEST_SUITE_P(, SqliteSessions, testing::Values("sqlite"), sql::engine_name);

TEST_P(SqliteSessions, TransactionsThatBeginByWritingAreImmediate) {
  fill();
  EXPECT_EQ(begin_of([](Session& session) { session.query<User>().count(); }), "BEGIN");
  EXPECT_EQ(begin_of([](Session& session) {
              session.add(User{.name = "Cid"});
              session.flush();
            }),
            "BEGIN IMMEDIATE");
  EXPECT_EQ(begin_of([](Session& session) { session.query<User>().update(&User::age, 1); }), "BEGIN IMMEDIATE");
  EXPECT_EQ(begin_of([](Session& session) { session.upsert(User{.id = 1, .name = "Ann"}); }), "BEGIN IMMEDIATE");
  EXPECT_EQ(
      begin_of([](Session& session) { session.query<User>().count(); }, {.mode = sql::TransactionMode::immediate}),
      "BEGIN IMMEDIATE");
}

TEST_P(SqliteSessions, ImmediateOnesThatReadAndThenWriteWaitForEachOther) {
  open().query("pragma journal_mode = wal").all();
  EngineOptions options;
  options.connect.busy_timeout = std::chrono::minutes(2);
  Engine patient(url(), options);
  {
    Session session(patient);
    session.add(User{.name = "n", .age = 0});
    session.commit();
  }
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        try {
          Session session(patient, {.mode = sql::TransactionMode::immediate});
          auto counter = session.query<User>().one();
          counter->age = *counter->age + 1;
          session.commit();
        } catch (const sql::Error&) {
          ++failed;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Session(engine()).query<User>().one()->age, 100);
}

TEST_P(SqliteSessions, AFullPoolNamesWhoeverHasTheConnections) {
  EngineOptions options;
  options.pool.size = 1;
  options.pool.longest_wait = std::chrono::milliseconds(1);
  Engine small(url(), options);
  Session first(small);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { Session second(small); }, &what), sql::Errc::busy);
  EXPECT_THAT(what, HasSubstr("transaction_test.cc"));
  EXPECT_EQ(small.statistics().in_use, 1U);
  EXPECT_EQ(small.statistics().opened, 1U);
  ASSERT_THAT(small.in_use(), SizeIs(1));
  EXPECT_THAT(small.in_use().front().where.file_name(), HasSubstr("transaction_test.cc"));
}

}  // namespace
}  // namespace posthouse::orm
