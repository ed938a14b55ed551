// What only SQLite does.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::HasSubstr;

TEST(Sqlite, Urls) {
  test::TemporaryFolder folder;
  EXPECT_EQ(sqlite_url("a%b?c.db"), "sqlite:///a%25b%3Fc.db");
  for (const std::string name : {"plain.db", "with space.db", "100%?.db", "驿站.db"}) {
    {
      connect(sqlite_url(folder.file(name))).exec("create table t (x integer)");
    }
    EXPECT_TRUE(std::filesystem::exists(folder.file(name))) << name;
  }
  for (const char* url : {"", "file.db", "sqlite:/x", "sqlite://x.db", "sqlite:///", "sqlite:///%4", "sqlite:///a%zz",
                          "sqlite:///a%00b", "nosuch://x", "sqlite:///a.db?mode=memory", "sqlite:///a.db?cache=shared",
                          "sqlite:///a.db?mode=ro&x=1", "sqlite://:memory:?mode=ro"}) {
    EXPECT_EQ(errc_thrown([&] { connect(url); }), Errc::usage) << url;
  }
}

TEST(Sqlite, HowAFileIsOpenedByItsUrl) {
  test::TemporaryFolder folder;
  const std::string url = sqlite_url(folder.file("a.db"));
  EXPECT_EQ(errc_thrown([&] { connect(url + "?mode=ro"); }), Errc::connection);
  EXPECT_EQ(errc_thrown([&] { connect(url + "?mode=rw"); }), Errc::connection);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "no file of another name either";
  connect(url + "?mode=rwc").exec("create table t (x integer)");
  EXPECT_EQ(connect(url + "?mode=rw").exec("insert into t values (1)"), 1);
  Connection reader = connect(url + "?mode=ro");
  EXPECT_EQ(reader.query_one<int>("select x from t"), 1);
  EXPECT_EQ(errc_thrown([&] { reader.exec("insert into t values (2)"); }), Errc::read_only);
}

TEST(Sqlite, OpenFailures) {
  test::TemporaryFolder folder;
  std::string what;
  EXPECT_EQ(errc_thrown([&] { connect(sqlite_url(folder.file("no/such/file.db"))); }, &what), Errc::connection);
  EXPECT_THAT(what, HasSubstr("no/such/file.db"));
  ConnectOptions options;
  options.create = false;
  EXPECT_EQ(errc_thrown([&] { connect(sqlite_url(folder.file("absent.db")), options); }), Errc::connection);
  options.create = true;
  {
    connect(sqlite_url(folder.file("real.db"))).exec("create table t (x integer)");
  }
  options.read_only = true;
  Connection reader = connect(sqlite_url(folder.file("real.db")), options);
  EXPECT_EQ(errc_thrown([&] { reader.exec("insert into t values (1)"); }), Errc::read_only);
}

TEST(Sqlite, TheDecimalCollationComparesNumbers) {
  Connection db = connect("sqlite://:memory:");
  db.exec("create table t (n text collate decimal)");
  for (const char* number : {"10", "9.99", "-5", "-10.5", "0.10", "12345678901234567890.0123456789", "x", "-10.49"}) {
    db.exec("insert into t values (?)", number);
  }
  EXPECT_THAT(
      db.query<std::string>("select n from t order by n").all(),
      testing::ElementsAre("-10.5", "-10.49", "-5", "0.10", "9.99", "10", "12345678901234567890.0123456789", "x"));
  const auto equal = [&](const char* a, const char* b) {
    return db.query_one<bool>("select ? = ? collate decimal", a, b);
  };
  EXPECT_TRUE(equal("2", "+002.00"));
  EXPECT_TRUE(equal("-0", "0.0"));
  EXPECT_TRUE(equal(".5", "0.50"));
  EXPECT_FALSE(equal("12345678901234567890.01", "12345678901234567890.02"));
  EXPECT_FALSE(equal("5", "-5"));
  EXPECT_FALSE(equal("", "0"));
  EXPECT_FALSE(equal(".", "0"));
}

TEST(Sqlite, DecimalsInFloatingPointColumns) {
  Connection db = connect("sqlite://:memory:");
  db.exec("create table t (n decimal(30, 10))");
  const auto round_trip = [&](const char* digits) {
    db.exec("delete from t");
    db.exec("insert into t values (?)", Decimal{digits});
    return db.query_one<Decimal>("select n from t").digits;
  };
  EXPECT_EQ(round_trip("12.50"), "12.5");
  EXPECT_EQ(round_trip("-0.001"), "-0.001");
  EXPECT_EQ(round_trip("19.99"), "19.99");
  EXPECT_EQ(round_trip("100"), "100");
  EXPECT_EQ(round_trip("123456789012.345"), "123456789012.345");
  EXPECT_EQ(round_trip("0.00000012"), "0.00000012");
  EXPECT_EQ(round_trip("120000000000000000000000"), "120000000000000000000000");
  std::string what;
  EXPECT_EQ(errc_thrown([&] { round_trip("12345678901234567890.0123456789"); }, &what), Errc::type);
  EXPECT_THAT(what, HasSubstr("TEXT COLLATE decimal keeps all digits"));
  EXPECT_EQ(errc_thrown([&] { db.query_one<Decimal>("select 9e999"); }), Errc::type);
}

TEST(Sqlite, AFileThatIsNoDatabase) {
  test::TemporaryFolder folder;
  FILE* const file = std::fopen(folder.file("text.db").c_str(), "w");
  for (int i = 0; i < 1000; ++i) {
    std::fputs("this is not a database\n", file);
  }
  std::fclose(file);
  Connection db = connect(sqlite_url(folder.file("text.db")));
  EXPECT_EQ(errc_thrown([&] { db.exec("select * from sqlite_master"); }), Errc::not_a_database);
}

TEST(Sqlite, ALockedDatabaseIsRetryable) {
  test::TemporaryFolder folder;
  ConnectOptions options;
  options.busy_timeout = std::chrono::milliseconds(0);
  Connection one = connect(sqlite_url(folder.file("a.db")), options);
  Connection two = connect(sqlite_url(folder.file("a.db")), options);
  one.exec("create table t (x integer)");
  Transaction transaction(one, TransactionMode::immediate);
  try {
    Transaction other(two, TransactionMode::immediate);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::busy);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(error.sqlstate(), "40001");
  }
  transaction.rollback();
  Transaction other(two, TransactionMode::immediate);
  two.exec("insert into t values (1)");
  other.commit();
  EXPECT_EQ(one.query_one<int>("select count(*) from t"), 1);
}

TEST(Sqlite, AFullDatabaseEndsTheTransactionAndIsUsableAfterwards) {
  test::TemporaryFolder folder;
  Connection db = connect(sqlite_url(folder.file("a.db")));
  db.exec("create table t (x blob)");
  db.exec("pragma max_page_count = 10");
  {
    Transaction transaction(db, TransactionMode::immediate);
    Savepoint savepoint(db);
    EXPECT_EQ(errc_thrown([&] { db.exec("insert into t values (zeroblob(1000000))"); }), Errc::full);
  }
  EXPECT_FALSE(db.in_transaction());
  db.exec("insert into t values (x'00')");
  EXPECT_EQ(db.query_one<int>("select count(*) from t"), 1);
}

TEST(Sqlite, AChangedTableIsNoticed) {
  test::TemporaryFolder folder;
  Connection one = connect(sqlite_url(folder.file("a.db")));
  Connection two = connect(sqlite_url(folder.file("a.db")));
  one.exec("create table t (x integer)");
  one.exec("insert into t values (1)");
  EXPECT_EQ(two.query_one<int>("select * from t"), 1);
  one.exec("alter table t add column y integer");
  EXPECT_EQ(errc_thrown([&] { two.query_one<int>("select * from t"); }), Errc::usage);
  EXPECT_EQ((two.query_one<int, std::optional<int>>("select * from t")), std::make_tuple(1, std::optional<int>()));
}

TEST(Sqlite, ConnectionsMove) {
  Connection a = connect("sqlite://:memory:");
  a.exec("create table t (x integer)");
  Connection b = std::move(a);
  Transaction transaction(b);
  b.exec("insert into t values (1)");
  transaction.commit();
  b = connect("sqlite://:memory:");
  EXPECT_EQ(errc_thrown([&] { b.exec("select * from t"); }), Errc::syntax);
}

TEST(Sqlite, EnforcesForeignKeysWhereTold) {
  for (const bool enforced : {false, true}) {
    ConnectOptions options;
    options.foreign_keys = enforced;
    Connection db = connect("sqlite://:memory:", options);
    EXPECT_EQ(db.query_one<bool>("pragma foreign_keys"), enforced);
    db.reconnect();
    EXPECT_EQ(db.query_one<bool>("pragma foreign_keys"), enforced);
  }
}

}  // namespace
}  // namespace posthouse::sql
