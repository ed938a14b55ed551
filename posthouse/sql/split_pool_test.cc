// Reads go to the replicas, writes and transactions to the one server, on every engine.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Nothing replicates here: each database has a row that says which it is.
class SplitPools : public Database {
 protected:
  void SetUp() override {
    Database::SetUp();
    if (IsSkipped()) {
      return;
    }
    for (const char* name : {"writer", "first", "second"}) {
      urls_.push_back(database(name));
      Connection db = connect(urls_.back());
      db.exec("create table place (name varchar(20))");
      db.exec("insert into place values (?)", name);
    }
  }
  std::string database(const std::string& name) {
    return is_sqlite() ? sqlite_url(folder().file(name)) : new_database();
  }
  std::string nowhere() { return is_sqlite() ? sqlite_url(folder().file("no/such")) : mariadb()->url("nosuch"); }
  const std::string& writer() const { return urls_[0]; }
  std::vector<std::string> readers() const { return {urls_[1], urls_[2]}; }
  static std::string place(SplitPool::Lease& db) { return db.query_one<std::string>("select name from place"); }

 private:
  std::vector<std::string> urls_;
};
INSTANTIATE_TEST_SUITE_P(, SplitPools, testing::ValuesIn(engines()), engine_name);

TEST_P(SplitPools, ReadsGoToTheReplicasInTurn) {
  SplitPool pool(writer(), readers());
  std::vector<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    auto db = pool.take();
    seen.push_back(place(db));
    EXPECT_EQ(place(db), seen.back()) << "a lease stays with its replica";
  }
  EXPECT_THAT(seen, ElementsAre("first", "second", "first", "second"));
  EXPECT_EQ(pool.writer_statistics().opened, 0U) << "nobody wrote";
  EXPECT_EQ(pool.reader_statistics()[0].opened, 1U);
}

TEST_P(SplitPools, WritesAndTransactionsGoToTheWriter) {
  SplitPool pool(writer(), readers());
  auto db = pool.take();
  EXPECT_EQ(db.exec("update place set name = 'written'"), 1);
  EXPECT_EQ(place(db), "first") << "asked of a replica";
  {
    Transaction transaction(db.writer());
    EXPECT_EQ(place(db), "written");
    EXPECT_EQ(db.query_optional<std::string>("select name from place"), "written");
    EXPECT_THAT(db.query<std::string>("select name from place").all(), ElementsAre("written"));
    EXPECT_EQ(db.exec_many("insert into place values (?)", std::vector<std::string>{"a", "b"}), 2);
    transaction.commit();
  }
  EXPECT_EQ(place(db), "first");
  EXPECT_EQ(connect(writer()).query_one<int>("select count(*) from place"), 3);
  EXPECT_EQ(kind_thrown([&] { db.reader().exec("delete from place"); }), ErrorKind::read_only);
}

TEST_P(SplitPools, WhoWroteReadsHisOwnWritesForAWhile) {
  SplitPool pool(writer(), readers(), {.writer_stick = 1h});
  auto db = pool.take();
  EXPECT_EQ(place(db), "first");
  db.exec("update place set name = 'written'");
  EXPECT_EQ(place(db), "written");
  auto other = pool.take();
  EXPECT_EQ(place(other), "second");
}

TEST_P(SplitPools, ReplicasThatCannotBeReachedAreLeftAlone) {
  SplitPool half(writer(), {nowhere(), readers()[1]}, {.reader_rest = 3600s});
  for (int i = 0; i < 3; ++i) {
    auto db = half.take();
    EXPECT_EQ(place(db), "second");
  }
  SplitPool none(writer(), {nowhere()});
  auto db = none.take();
  EXPECT_EQ(place(db), "writer");
  SplitPool alone(writer(), {});
  auto only = alone.take();
  EXPECT_EQ(place(only), "writer");
}

TEST_P(SplitPools, WaitsEndAtTheDeadline) {
  SplitPool pool(writer(), readers(), {.pool = {.size = 1}});
  auto first = pool.take();
  first.writer();
  auto second = pool.take(0ms);
  EXPECT_EQ(kind_thrown([&] { second.writer(); }), ErrorKind::busy);
  EXPECT_EQ(place(second), "first") << "there is one to read by";
}

}  // namespace
}  // namespace posthouse::sql
