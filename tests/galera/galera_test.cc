// Writers on all nodes of a Galera cluster at once: what loses a race is tried again, what was committed is there, on
// every node, once; a node that was stopped and comes back has all of it.
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/galera/cluster.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/connection/retry.h"
#include "posthouse/sql/testing.h"
#include "posthouse/store/testing.h"

namespace posthouse::test {
namespace {

class Galera : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (GaleraCluster::available()) {
      cluster_ = std::make_unique<GaleraCluster>();
    }
  }
  static void TearDownTestSuite() { cluster_.reset(); }
  void SetUp() override {
    if (cluster_ == nullptr) {
      GTEST_SKIP() << "one of the packages mariadb-server, galera-4 and rsync is not installed";
    }
    database_ = cluster_->new_database();
  }
  static GaleraCluster& cluster() { return *cluster_; }
  /// Reads what was committed anywhere before.
  sql::Connection connect(std::size_t node) const {
    sql::Connection db = sql::connect(cluster_->url(node, database_));
    db.exec("SET SESSION wsrep_sync_wait = 1");
    return db;
  }
  std::string url(std::size_t node) const { return cluster_->url(node, database_); }

 private:
  static std::unique_ptr<GaleraCluster> cluster_;
  std::string database_;
};

std::unique_ptr<GaleraCluster> Galera::cluster_;

/// Makes numbered entries, each of which also counts up a row that all writers fight for.
class Writer {
 public:
  using Connect = std::function<sql::Connection(std::size_t node)>;
  Writer(std::size_t node, int number, Connect connect)
      : node_(node), number_(number), connect_(std::move(connect)), thread_([this] { run(); }) {}
  void stop() {
    stopping_ = true;
    thread_.join();
  }
  int made() const { return made_; }          ///< entries that are sure to be there
  int attempts() const { return attempts_; }  ///< transactions tried for them

 private:
  void run() {
    sql::Connection db = connect_(node_);
    while (!stopping_) {
      try {
        make_entry(db, made_ + 1);
        ++made_;
      } catch (const sql::Error& error) {
        // The node has gone, perhaps in the middle of COMMIT. Another one knows what became of it.
        EXPECT_TRUE(error.retryable()) << error.what();
        node_ = 0;
        db = connect_(node_);
        if (has_entry(db, made_ + 1)) {
          ++made_;
        }
      }
    }
  }
  void make_entry(sql::Connection& db, int entry) {
    const sql::RetryOptions options{
        .attempts = 100, .first_pause = std::chrono::milliseconds(2), .longest_pause = std::chrono::milliseconds(50)};
    sql::transact(
        db,
        [&](sql::Connection& tx) {
          ++attempts_;
          tx.exec("UPDATE tally SET entries = entries + 1 WHERE id = ?", entry % 2);
          tx.exec("INSERT INTO entry (writer, number) VALUES (?, ?)", number_, entry);
        },
        options);
  }
  bool has_entry(sql::Connection& db, int entry) {
    return db.query_one<int>("SELECT count(*) FROM entry WHERE writer = ? AND number = ?", number_, entry) == 1;
  }

  std::size_t node_;
  const int number_;
  const Connect connect_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> made_{0}, attempts_{0};
  std::thread thread_;
};

TEST_F(Galera, NothingIsLostOrDoubledByWritersOnAllNodesWhileOneGoesAndComesBack) {
  auto db = connect(0);
  db.exec("CREATE TABLE tally (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL) ENGINE = InnoDB");
  db.exec("INSERT INTO tally VALUES (0, 0), (1, 0)");
  db.exec("CREATE TABLE entry (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number)) ENGINE = InnoDB");
  std::vector<std::unique_ptr<Writer>> writers;
  for (int i = 0; i < 6; ++i) {
    writers.push_back(std::make_unique<Writer>(static_cast<std::size_t>(i) % GaleraCluster::nodes, i,
                                               [this](std::size_t node) { return connect(node); }));
  }
  const auto wait_for_more = [&](int entries) {
    const auto made = [&] {
      int all = 0;
      for (const auto& writer : writers) {
        all += writer->made();
      }
      return all;
    };
    for (const int target = made() + entries; made() < target;) {
      std::this_thread::yield();
    }
  };
  wait_for_more(60);
  cluster().crash(2);
  wait_for_more(30);
  cluster().rejoin(2);
  wait_for_more(30);
  int made = 0;
  int attempts = 0;
  for (const auto& writer : writers) {
    writer->stop();
    made += writer->made();
    attempts += writer->attempts();
  }
  RecordProperty("entries", made);
  RecordProperty("attempts", attempts);
  std::cout << made << " entries by " << attempts << " transactions\n";
  EXPECT_GT(attempts, made) << "writers on several nodes collide";
  for (std::size_t node = 0; node < GaleraCluster::nodes; ++node) {
    auto there = connect(node);
    EXPECT_EQ(there.query_one<int>("SELECT count(*) FROM entry"), made) << "node " << node;
    EXPECT_EQ(there.query_one<int>("SELECT sum(entries) FROM tally"), made) << "node " << node;
  }
}

// Were arrays of values sent in one go, MariaDB 10.11 would answer OK all the same, and carry on without a transaction.
TEST_F(Galera, WhatFollowsInATransactionThatAnotherNodeHasUndoneIsRefused) {
  auto one = connect(0);
  auto two = connect(1);
  one.exec("CREATE TABLE tally (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) ENGINE = InnoDB");
  one.exec("CREATE TABLE entry (id INTEGER PRIMARY KEY) ENGINE = InnoDB");
  one.exec("INSERT INTO tally VALUES (1, 0)");
  two.query_one<int>("SELECT count(*) FROM tally");
  int last = 0;
  std::vector<std::tuple<int>> ids(50);
  const auto more_ids = [&] {
    for (auto& [id] : ids) {
      id = ++last;
    }
    return ids;
  };
  const std::vector<std::function<void()>> steps{
      [&] { one.exec("INSERT INTO entry VALUES (?)", ++last); },
      [&] { one.query_one<int>("SELECT count(*) FROM entry"); },
      [&] { one.exec_each("INSERT INTO entry VALUES (?)", more_ids()); },
      [&] { one.query_each<int>("INSERT INTO entry VALUES (?) RETURNING id", more_ids()); },
      [&] {
        auto rows = one.query<int>("SELECT id FROM tally");
        EXPECT_NE(rows.begin(), rows.end());
      }};
  for (int round = 0; round < 100; ++round) {
    const bool at_rest = round % 20 < 5;
    SCOPED_TRACE(std::to_string(round) + (at_rest ? " at rest" : " under way"));
    one.begin();
    one.exec("UPDATE tally SET n = n + 1");
    std::thread other([&] { two.exec("UPDATE tally SET n = n - 1"); });
    if (at_rest) {
      other.join();
      connect(0).query_one<int>("SELECT n FROM tally");  // it has come to this node
    }
    EXPECT_EQ(sql::errc_thrown([&] {
                for (int step = 0; step < 100'000; ++step) {
                  steps[static_cast<std::size_t>(round) % steps.size()]();
                }
              }),
              sql::Errc::busy);
    one.rollback();
    if (other.joinable()) {
      other.join();
    }
    EXPECT_EQ(one.query_one<int>("SELECT count(*) FROM entry"), 0) << "something was made outside of a transaction";
    EXPECT_EQ(one.query_one<int>("SELECT n FROM tally"), -round - 1);
  }
}

TEST_F(Galera, TheStoreOnOneNodeWhileAccountsAreMadeOnAnother) {
  test::TemporaryFolder folder(test::fast_folder());
  auto options = store::options_for(folder.data());
  options.database = url(0);
  const auto server = store::Store::open(options);
  const auto inbox = store::add_mailbox(*server, "ann");
  auto tool_options = store::options_for(folder.data(), false);
  tool_options.database = url(1);
  const auto tool = store::Store::open(tool_options);

  /// Until it works; how often it did not.
  const auto insist = [](auto&& f) {
    for (int refusals = 0;; ++refusals) {
      try {
        f();
        return refusals;
      } catch (const posthouse::Error& error) {
        EXPECT_TRUE(error.retryable()) << error.what();
        if (!error.retryable() || refusals > 1000) {
          return refusals;
        }
      }
    }
  };
  constexpr int letters = 60;
  int refusals = 0;
  std::thread administrator([&] {
    for (int i = 0; i < 30; ++i) {
      insist([&] { store::add_mailbox(*tool, "user" + std::to_string(i)); });
    }
  });
  for (int i = 0; i < letters; ++i) {
    refusals += insist([&] { store::deliver(*server, {inbox}, "letter " + std::to_string(i)); });
  }
  administrator.join();
  std::cout << refusals << " deliveries lost a race and were made again\n";
  std::multiset<std::string> found;
  for (const auto& entry : store::list(*server, inbox)) {
    found.insert(server->messages().load(entry.message));
  }
  EXPECT_EQ(found.size(), static_cast<std::size_t>(letters));
  for (int i = 0; i < letters; ++i) {
    EXPECT_EQ(found.count("letter " + std::to_string(i)), 1U) << i;
  }
  EXPECT_EQ(connect(2).query_one<int>("SELECT count(*) FROM account"), 31);
  store::CheckOptions check;
  check.data_dir = folder.data();
  check.database = url(0);
  EXPECT_THAT(store::check(check).problems, testing::IsEmpty());
}

TEST_F(Galera, OneServerAClusterWhateverTheNode) {
  using namespace std::chrono_literals;
  test::TemporaryFolder folder(test::fast_folder());
  auto first = store::options_for(folder.data());
  first.database = url(0);
  first.lease = 1s;
  auto server = store::Store::open(first);
  const auto inbox = store::add_mailbox(*server, "ann");
  test::TemporaryFolder copy(test::fast_folder());
  std::filesystem::copy(folder.data(), copy.data(), std::filesystem::copy_options::recursive);
  auto second = store::options_for(copy.data());
  second.database = url(1);
  EXPECT_EQ(store::error_of([&] { store::Store::open(second); }), "store.in_use");
  store::deliver(*server, {inbox}, "first");

  // Another node has ended the server without its knowledge: what it writes from now on is never committed.
  auto other = connect(1);
  other.query_one<int>("SELECT 1");
  other.exec("UPDATE store_server SET ended = 1, place = 'elsewhere', holder = 'elsewhere.test'");
  other.exec(
      "INSERT INTO store_server SELECT epoch + 1, holder, place, since, seen, beats, turns, 0 FROM store_server "
      "ORDER BY epoch DESC LIMIT 1");
  std::string refused;
  while (refused != "store.in_use") {  // or, before node 0 has heard of it, a transaction that came second
    refused = store::error_of([&] { store::deliver(*server, {inbox}, "too late"); });
    ASSERT_NE(refused, "no error");
  }
  server.reset();
  second.lease = 300ms;
  const auto successor = store::Store::open(second);
  EXPECT_EQ(store::list(*successor, inbox).size(), 1U);
  store::deliver(*successor, {inbox}, "second");
  EXPECT_EQ(connect(2).query_one<int>("SELECT count(*) FROM mailbox_message"), 2);
}

}  // namespace
}  // namespace posthouse::test
