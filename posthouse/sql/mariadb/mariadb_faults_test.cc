// Faults that only a server can have: no more connections, no more space, gone while a pool holds connections to it.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/mariadb_server.h"
#include <gtest/gtest.h>

#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using namespace std::chrono_literals;
// Of a server of its own with few connections.
class MariadbFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::MariadbServer::available()) {
      return;
    }
    server_ = std::make_unique<test::MariadbServer>(test::MariadbServerOptions{.arguments = {"--max-connections=10"}});
    connect(server_->url()).exec("create database small");
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (server_ == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
  }
  static std::string url() { return server_->url("small"); }
  static Connection open() { return connect(url()); }
  static test::MariadbServer& server() { return *server_; }

 private:
  static std::unique_ptr<test::MariadbServer> server_;
};

std::unique_ptr<test::MariadbServer> MariadbFaults::server_;

TEST_F(MariadbFaults, NoMoreConnections) {
  std::vector<Connection> all;
  try {
    for (int i = 0; i < 20; ++i) {
      all.push_back(open());
    }
    FAIL() << "there is no limit";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::connection);
    EXPECT_EQ(error.engine_code(), 1040);
    EXPECT_EQ(error.sqlstate().substr(0, 2), "08");
    EXPECT_TRUE(error.retryable());
    EXPECT_FALSE(error.connection_usable());
  }
  Pool pool(url());
  EXPECT_EQ(errc_thrown([&] { pool.take(); }), Errc::connection);
  EXPECT_EQ(pool.statistics().in_use, 0U);
  all.clear();
  int answer = 0;
  for (int attempt = 0; answer == 0 && attempt < 1000; ++attempt) {  // the server notices in its own time
    try {
      answer = pool.take()->query_one<int>("select 42");
    } catch (const Error& error) {
      ASSERT_TRUE(error.retryable()) << error.what();
    }
  }
  EXPECT_EQ(answer, 42);
}

// A table in memory has a limit that can be met without harm; of a full disk the server says the same (1114).
TEST_F(MariadbFaults, NoMoreSpace) {
  Connection db = open();
  db.exec("set session max_heap_table_size = 65536");
  db.exec("create table t (id integer primary key, word varchar(1000)) engine = memory");
  int rows = 0;
  try {
    for (; rows < 1000; ++rows) {
      db.exec("insert into t values (?, ?)", rows, std::string(1000, 'x'));
    }
    FAIL() << "it all fits into 64 KiB";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::full) << error.what();
    EXPECT_EQ(error.engine_code(), 1114);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(error.parameter_types(), "integer, text");
  }
  EXPECT_EQ(db.query_one<int>("select count(*) from t"), rows);
  db.exec("delete from t");
  db.exec("insert into t values (1, 'once there is space again')");
}

TEST_F(MariadbFaults, TheServerIsGoneWhileAPoolHoldsConnections) {
  open().exec("create table p (n integer)");
  open().exec("insert into p values (0)");
  Pool pool(url(), {.size = 3, .check_after_idle = 0s});
  {
    auto one = pool.take();
    auto two = pool.take();
    one->begin();
    one->exec("update p set n = 1");
    server().crash();
    EXPECT_EQ(errc_thrown([&] { one->exec("update p set n = 2"); }), Errc::lost);
    EXPECT_FALSE(one->usable());
    EXPECT_FALSE(one->in_transaction());
  }
  EXPECT_EQ(errc_thrown([&] { pool.take(); }), Errc::connection) << "the idle one is tried, then a new one";
  EXPECT_EQ(pool.statistics().idle, 0U);
  server().restart();
  EXPECT_EQ(pool.take()->query_one<int>("select n from p"), 0);
  EXPECT_EQ(pool.statistics().in_use, 0U);
}

TEST_F(MariadbFaults, TheServerIsGoneInTheMiddleOfAnything) {
  Connection db = open();
  db.exec("create table q (id integer primary key, word char(200))");
  db.exec("insert into q select seq, repeat('x', 200) from seq_1_to_5000");
  auto rows = db.query<int>("select id from q order by id");
  auto row = rows.begin();
  server().crash();
  EXPECT_EQ(errc_thrown([&] {
              for (; row != rows.end(); ++row) {
              }
              db.exec("select 1");
            }),
            Errc::lost);
  EXPECT_EQ(errc_thrown([&] { db.exec("select 1"); }), Errc::lost) << "and again";
  EXPECT_EQ(errc_thrown([&] { db.begin(); }), Errc::lost);
  server().restart();
  EXPECT_EQ(errc_thrown([&] { db.exec("select 1"); }), Errc::lost) << "a connection never heals by itself";
}

}  // namespace
}  // namespace posthouse::sql
