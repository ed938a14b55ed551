// What only a MariaDB server does, or can do to us.
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/support/mariadb_server.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Mariadb : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (test::MariadbServer::available()) {
      server_ = std::make_unique<test::MariadbServer>();
    }
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (server_ == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
    name_ = server_->new_name();
    connect(server_->url()).exec("create database " + name_);
  }
  Connection open(const ConnectOptions& options = {}) { return connect(server_->url(name_), options); }
  test::MariadbServer& server() { return *server_; }
  const std::string& name() const { return name_; }

 private:
  static std::unique_ptr<test::MariadbServer> server_;
  std::string name_;
};

std::unique_ptr<test::MariadbServer> Mariadb::server_;

TEST_F(Mariadb, ChineseAndEmojiSurvive) {
  Connection db = open();
  db.exec("create table letter (subject varchar(100))");
  db.exec("insert into letter values (?)", "你好，驿站 📯");
  EXPECT_EQ(db.query_one<std::string>("select subject from letter"), "你好，驿站 📯");
  EXPECT_EQ(db.query_one<int>("select char_length(subject) from letter"), 7);
}

TEST_F(Mariadb, ColumnTypesOfItsOwn) {
  Connection db = open();
  db.exec(
      "create table t (exact decimal(20, 4), total decimal(20, 0), tall bigint unsigned, bits bit(12), day date,"
      " moment datetime(6), kind enum('a', 'b'), tiny tinyint unsigned, year year, single float)");
  db.exec("insert into t values (-12.5, 99, 255, b'101', '2026-11-26', '2026-11-26 01:02:03.5', 'b', 200, 2026, 0.5)");
  EXPECT_EQ((db.query_one<std::string, double>("select exact, exact from t")),
            std::make_tuple(std::string("-12.5000"), -12.5));
  EXPECT_EQ(errc_thrown([&] { db.query_one<int>("select exact from t"); }), Errc::type);
  EXPECT_EQ((db.query_one<int, std::uint64_t, int>("select total, tall, bits from t")),
            std::make_tuple(99, std::uint64_t{255}, 5));
  EXPECT_EQ((db.query_one<std::string, std::string, std::string>("select day, moment, kind from t")),
            std::make_tuple(std::string("2026-11-26"), std::string("2026-11-26 01:02:03.500000"), std::string("b")));
  EXPECT_EQ((db.query_one<int, int, float>("select tiny, year, single from t")), std::make_tuple(200, 2026, 0.5F));
  EXPECT_EQ(db.query_one<int>("select sum(tiny) from t"), 200);
  EXPECT_EQ(db.query_one<std::uint64_t>("select 18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(errc_thrown([&] { db.query_one<std::int64_t>("select 18446744073709551615"); }), Errc::type);
}

TEST_F(Mariadb, WhatDoesNotFitIsRefusedNotCut) {
  Connection db = open();
  db.exec("create table t (word varchar(3), small tinyint, day date)");
  EXPECT_EQ(errc_thrown([&] { db.exec("insert into t (word) values ('four')"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db.exec("insert into t (small) values (?)", 1000); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db.exec("insert into t (day) values ('2026-02-30')"); }), Errc::type);
  EXPECT_EQ(errc_thrown([&] { db.exec("insert into t (word) values (?)", "\xff\xfe"); }), Errc::type);
  EXPECT_EQ(db.query_one<int>("select count(*) from t"), 0);
}

TEST_F(Mariadb, LongValuesAmongShortOnes) {
  Connection db = open();
  db.exec("create table t (id int primary key, word longtext, bytes longblob)");
  const std::string wide(3'000'000, 'w');
  db.exec("insert into t values (1, 'a', x'01'), (2, ?, ?), (3, null, ''), (4, ?, x'04')", wide, BlobView{wide},
          std::string(300, 'x'));
  std::vector<std::size_t> sizes;
  for (auto [word, bytes] : db.query<std::optional<std::string>, Blob>("select word, bytes from t order by id")) {
    sizes.push_back(word ? word->size() : 0);
    sizes.push_back(bytes.bytes.size());
    if (word && word->size() == wide.size()) {
      EXPECT_EQ(*word, wide);
    }
  }
  EXPECT_THAT(sizes, ElementsAre(1U, 1U, wide.size(), wide.size(), 0U, 0U, 300U, 1U));
}

TEST_F(Mariadb, OtherStatementsRunWhileRowsAreRead) {
  Connection db = open();
  db.exec("create table t (id int primary key, word varchar(20))");
  Statement insert = db.prepare("insert into t values (?, ?)");
  for (int i = 0; i < 1000; ++i) {
    insert.exec(i, "word " + std::to_string(i));
  }
  int next = 0;
  for (auto [id, word] : db.query<int, std::string_view>("select id, word from t order by id")) {
    EXPECT_EQ(id, next++);
    if (id % 100 == 50) {
      db.exec("update t set word = 'changed' where id = ?", id);
    }
    EXPECT_EQ(word, "word " + std::to_string(id)) << "a view stays valid while other statements run";
  }
  EXPECT_EQ(next, 1000);
  for (auto [id] : db.query<int>("select id from t order by id")) {
    if (id == 3) {
      break;
    }
  }
  EXPECT_EQ(db.query_one<int>("select count(*) from t where word = 'changed'"), 10);
}

TEST_F(Mariadb, FibersReadTheSame) {
  fiber::run([&] {
    Connection db = open();
    db.exec("create table t (id int primary key)");
    for (int i = 0; i < 300; ++i) {
      db.exec("insert into t values (?)", i);
    }
    int sum = 0;
    int inner = 0;
    for (auto [id] : db.query<int>("select id from t order by id")) {
      sum += id;
      if (id % 100 == 0) {
        inner += db.query_one<int>("select count(*) from t");
      }
    }
    EXPECT_EQ(sum, 299 * 300 / 2);
    EXPECT_EQ(inner, 900);
    bool other_ran = false;
    fiber::Scope scope;
    scope.spawn([&] { other_ran = true; });
    db.query_one<int>("select sleep(0.05)");
    EXPECT_TRUE(other_ran) << "the loop goes on while the server works";
    scope.join();
  });
}

TEST_F(Mariadb, AServerThatIsGoneIsSaid) {
  Connection db = open();
  db.exec("create table t (id int primary key)");
  {
    Transaction transaction(db);
    db.exec("insert into t values (1)");
    server().crash();
    try {
      db.exec("insert into t values (2)");
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.errc(), Errc::lost);
      EXPECT_TRUE(error.retryable());
      EXPECT_FALSE(error.connection_usable());
    }
  }
  std::string what;
  EXPECT_EQ(errc_thrown([&] { open(); }, &what), Errc::connection);
  EXPECT_THAT(what, HasSubstr("s.sock"));
  server().restart();
  EXPECT_EQ(open().query_one<int>("select count(*) from t"), 0) << "what was not committed is undone";
}

TEST_F(Mariadb, AKilledConnectionInTheMiddleOfRows) {
  Connection db = open();
  Connection other = open();
  db.exec("create table t (id int primary key, word char(200))");
  db.exec("insert into t select seq, repeat('x', 200) from seq_1_to_50000");
  const auto id = db.query_one<std::int64_t>("select connection_id()");
  EXPECT_EQ(errc_thrown([&] {
              int seen = 0;
              for (auto [number] : db.query<int>("select id from t, (select 1) as one order by id")) {
                if (++seen == 1) {
                  other.exec("kill " + std::to_string(id));
                }
                EXPECT_EQ(number, seen);
              }
              db.exec("select 1");
            }),
            Errc::lost);
}

TEST_F(Mariadb, DeadlocksAndLocksAreRetryable) {
  ConnectOptions impatient;
  impatient.busy_timeout = std::chrono::milliseconds(0);
  Connection one = open();
  Connection two = open(impatient);
  one.exec("create table t (id int primary key, n int)");
  one.exec("insert into t values (1, 0)");
  Transaction transaction(one);
  one.exec("update t set n = 1 where id = 1");
  try {
    two.exec("update t set n = 2 where id = 1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::busy);
    EXPECT_EQ(error.engine_code(), 1205);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
  }
  transaction.commit();
  EXPECT_EQ(two.exec("update t set n = 2 where id = 1"), 1);
}

TEST_F(Mariadb, ADeadlockInArraysOfValuesUndoesAllOfTheTransaction) {
  Connection one = open();
  Connection two = open();
  one.exec("create table t (id int primary key, n int)");
  one.exec("insert into t values (1, 0), (2, 0)");
  const auto set = [](Connection& db, int id, int n) {
    db.exec_each("update t set n = ? where id = ?", std::vector<std::tuple<int, int>>{{n, id}});
  };
  const auto cross = [&](Connection& db, int other, int n) -> std::optional<Errc> {
    try {
      set(db, other, n);
      db.commit();
      return std::nullopt;
    } catch (const Error& error) {
      return error.errc();
    }
  };
  one.begin();
  two.begin();
  set(one, 1, 1);
  set(two, 2, 2);
  std::optional<Errc> first;
  std::thread waiting([&] { first = cross(one, 2, 1); });
  const std::optional<Errc> second = cross(two, 1, 2);
  waiting.join();
  EXPECT_NE(first.has_value(), second.has_value()) << "one of them";
  EXPECT_EQ(first.value_or(Errc::busy), Errc::busy);
  EXPECT_EQ(second.value_or(Errc::busy), Errc::busy);
  one.rollback();
  two.rollback();
  const int winner = first ? 2 : 1;
  EXPECT_EQ(one.query_one<int>("select count(*) from t where n = ?", winner), 2);
}

TEST_F(Mariadb, ADeadlockBehindTheRowsThatWereReadIsToldByTheNextStatement) {
  Connection one = open();
  Connection two = open();
  one.exec("create table t (id int primary key, n int)");
  one.exec("insert into t values (1, 0), (2, 0), (3, 0)");
  one.begin();
  two.begin();
  one.exec("update t set n = 1 where id = 1");
  two.exec("insert into t select seq, 2 from seq_4_to_1000");  // the one with less to undo gives way
  two.exec("update t set n = 2 where id = 3");
  std::thread waiting([&] {
    two.exec("update t set n = 2 where id = 1");
    two.commit();
  });
  Connection watch = open();
  // Not from innodb_trx, which shows the same for as long as it is asked for often.
  while (watch.query_one<std::string>("select variable_value from information_schema.global_status where "
                                      "variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'") == "0") {
  }
  for (auto [id] : one.query<int>("select id from t where id <= 3 order by id for update")) {
    EXPECT_EQ(id, 1);
    break;
  }
  waiting.join();
  EXPECT_TRUE(one.in_transaction()) << "as far as the program can know";
  EXPECT_EQ(errc_thrown([&] { one.exec("insert into t values (0, 1)"); }), Errc::busy);
  EXPECT_FALSE(one.in_transaction());
  EXPECT_EQ(one.query_one<int>("select count(*) from t where n = 1"), 0);
  EXPECT_EQ(one.query_one<int>("select count(*) from t where n = 2"), 999);
}

TEST_F(Mariadb, UpdatesCountTheRowsFound) {
  Connection db = open();
  db.exec("create table t (id int auto_increment primary key, n int)");
  db.exec("insert into t (n) values (1), (1)");
  EXPECT_EQ(db.last_insert_id(), 1) << "of several rows the first, unlike SQLite";
  EXPECT_EQ(db.exec("update t set n = 1"), 2) << "as on SQLite, not only those that became different";
}

TEST_F(Mariadb, ReadOnlyConnections) {
  open().exec("create table t (id int)");
  ConnectOptions options;
  options.read_only = true;
  Connection db = open(options);
  EXPECT_EQ(errc_thrown([&] { db.exec("insert into t values (1)"); }), Errc::read_only);
}

TEST_F(Mariadb, BadUrlsAreRefusedWithoutShowingThePassword) {
  for (const char* url :
       {"mysql:///a/b?unix_socket=x", "mysql://root:secret@host:0/x", "mysql://root:secret@host:99999/x",
        "mysql://root:secret@host/%00", "mysql://root:secret@host/x?colour=red",
        "mysql://root:secret@host/x?ssl_mode=perhaps", "mysql://root:sec ret@host/x", "mysql://root:secret@host/%zz"}) {
    std::string what;
    EXPECT_EQ(errc_thrown([&] { connect(url); }, &what), Errc::usage) << url;
    EXPECT_THAT(what, Not(HasSubstr("secret")));
  }
}

TEST_F(Mariadb, PasswordsAndUnknownDatabases) {
  Connection root = connect(server().url());
  root.exec("create user ann@localhost identified by 'p@ss/word:?'");
  root.exec("grant all on " + name() + ".* to ann@localhost");
  const std::string rest = server().url(name()).substr(std::string("mysql://root@").size());
  EXPECT_EQ(connect("mysql://ann:p%40ss%2Fword%3A%3F@" + rest).query_one<int>("select 1"), 1);
  std::string what;
  EXPECT_EQ(errc_thrown([&] { connect("mysql://ann:wrong@" + rest); }, &what), Errc::permission);
  EXPECT_THAT(what, HasSubstr("Access denied for user 'ann'"));
  EXPECT_EQ(errc_thrown([&] { connect(server().url("nowhere")); }), Errc::connection);
}

TEST(MariadbUrls, NobodyAnswers) {
  std::string what;
  EXPECT_EQ(errc_thrown([&] { connect("mysql://root@127.0.0.1:1/x"); }, &what), Errc::connection);
  EXPECT_THAT(what, HasSubstr("cannot connect to 127.0.0.1:1"));
}

}  // namespace
}  // namespace posthouse::sql
