// Statements whose results are not what they were when they were prepared, or more than one: tables altered beside a
// running program, RETURNING, CALL. After each of them the connection gives the right answers, or says that it has
// ended.
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::vector<std::string>> texts(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> all;
  for (const Row& row : rows) {
    std::vector<std::string>& texts = all.emplace_back();
    for (const Value& value : row) {
      texts.push_back(to_string(value));
    }
  }
  return all;
}

class AlteredTables : public Database {
 protected:
  void SetUp() override {
    Database::SetUp();
    if (IsSkipped()) {
      return;
    }
    open().exec("create table s (id integer primary key, name varchar(200))");
    open().exec("insert into s values (1, 'a'), (2, 'b')");
  }
  // Whether the connection answers what it is asked.
  static void expect_in_step(Connection& db) {
    for (int i = 41; i < 49; ++i) {
      EXPECT_EQ(db.query_one<int>("select " + std::to_string(i)), i);
      EXPECT_EQ(db.query_one<int>("select ? + 0", i), i);
    }
    EXPECT_TRUE(db.usable());
  }
};
INSTANTIATE_TEST_SUITE_P(, AlteredTables, testing::ValuesIn(engines()), engine_name);

TEST_P(AlteredTables, ACachedStatementHasTheNewColumns) {
  Connection db = open();
  Connection other = open();
  EXPECT_THAT(db.query("select * from s").all(), SizeIs(2));
  other.exec("alter table s add column age integer default 7");
  EXPECT_THAT(texts(db.query("select * from s order by id").all()),
              ElementsAre(ElementsAre("1", "a", "7"), ElementsAre("2", "b", "7")));
  EXPECT_THAT(texts(db.query("select * from s").all()), SizeIs(2)) << "the statement that was prepared before";
  expect_in_step(db);
  if (!is_sqlite()) {  // which locks the file while it reads
    auto rows = db.query("select s.*, seq from s, seq_1_to_2000");
    EXPECT_THAT(rows.names(), ElementsAre("id", "name", "age", "seq"));
    EXPECT_EQ(db.query_one<int>("select 5"), 5) << "the rows are taken aside, and the table is free";
    other.exec("alter table s add column height integer default 8");
    EXPECT_THAT(rows.all(), SizeIs(4000)) << "begun before";
  } else {
    other.exec("alter table s add column height integer default 8");
  }
  EXPECT_THAT(texts(db.query("select * from s where id = ?", 2).all()), ElementsAre(ElementsAre("2", "b", "7", "8")));
  other.exec("alter table s drop column age");
  other.exec("alter table s drop column height");
  EXPECT_THAT(texts(db.query("select * from s").all()), ElementsAre(ElementsAre("1", "a"), ElementsAre("2", "b")));
  EXPECT_THAT(texts(db.query("select * from s where id = ?", 2).all()), ElementsAre(ElementsAre("2", "b")));
  expect_in_step(db);
}

TEST_P(AlteredTables, RowsKnowNewNames) {
  Connection db = open();
  const auto name_of = [&](const std::string& column) {
    return db.query("select * from s where id = 1").all().at(0).get<std::string>(column);
  };
  EXPECT_EQ(name_of("name"), "a");
  open().exec("alter table s rename column name to word");
  EXPECT_EQ(name_of("word"), "a");
  EXPECT_EQ(errc_thrown([&] { name_of("name"); }), Errc::usage);
  expect_in_step(db);
}

TEST_P(AlteredTables, TypedRowsAreRefusedOnceAndNotForEver) {
  Connection db = open();
  Statement kept = db.prepare("select * from s where id = ?");
  EXPECT_EQ((db.query_one<int, std::string>("select * from s where id = 1")), std::make_tuple(1, std::string("a")));
  EXPECT_EQ((kept.query_one<int, std::string>(2)), std::make_tuple(2, std::string("b")));
  for (Connection* by : {&db}) {
    by->exec("alter table s add column age integer default 7");
  }
  EXPECT_EQ((db.query_one<int, std::string, int>("select * from s where id = 1")),
            std::make_tuple(1, std::string("a"), 7));
  EXPECT_EQ((kept.query_one<int, std::string, int>(2)), std::make_tuple(2, std::string("b"), 7));
  open().exec("alter table s add column height integer default 8");
  EXPECT_EQ(errc_thrown([&] { db.query_one<int, std::string, int>("select * from s where id = 1"); }), Errc::usage);
  EXPECT_EQ(errc_thrown([&] { kept.query_one<int, std::string, int>(2); }), Errc::usage);
  EXPECT_EQ((db.query_one<int, std::string, int, int>("select * from s where id = 1")),
            std::make_tuple(1, std::string("a"), 7, 8));
  EXPECT_EQ((kept.query_one<int, std::string, int, int>(2)), std::make_tuple(2, std::string("b"), 7, 8));
  expect_in_step(db);
}

TEST_P(AlteredTables, WhatHasRunIsNotRunAgain) {
  Connection db = open();
  const auto insert = [&](int id) { return texts(db.query("insert into s (id) values (?) returning *", id).all()); };
  EXPECT_THAT(insert(3), ElementsAre(ElementsAre("3", "NULL")));
  open().exec("alter table s add column age integer default 7");
  EXPECT_THAT(insert(4), ElementsAre(ElementsAre("4", "NULL", "7")));
  EXPECT_THAT(insert(5), ElementsAre(ElementsAre("5", "NULL", "7")));
  EXPECT_EQ(db.query_one<int>("select count(*) from s"), 5);
  expect_in_step(db);
}

TEST_P(AlteredTables, APoolGivesNoWrongAnswers) {
  Connection other = open();
  other.exec("create table w (id integer)");
  for (int round = 0; round < 8; ++round) {
    other.exec("delete from w");
    Pool pool(url(), {.size = 1});
    (void)pool.take()->query("select * from s").all();
    other.exec("alter table s add column c" + std::to_string(round) + " varchar(20) default 'SECRET'");
    EXPECT_THAT(pool.take()->query("select * from s").all(), SizeIs(2));
    for (int i = 0; i < 12; ++i) {
      auto db = pool.take();
      const int want = 1000 * round + i;
      switch ((i + round) % 4) {
        case 0:
          EXPECT_EQ(db->query_one<int>("select " + std::to_string(want)), want);
          break;
        case 1:
          EXPECT_EQ(db->exec("insert into w values (?)", want), 1);
          EXPECT_EQ(other.query_one<int>("select count(*) from w where id = ?", want), 1);
          break;
        case 2:
          EXPECT_EQ(db->query_one<int>("select ? + 0", want), want);
          break;
        default:
          EXPECT_THAT(db->query<int>("select id from s order by id").all(), ElementsAre(1, 2));
      }
    }
    EXPECT_EQ(pool.statistics().opened, 1U);
  }
}

class Returning : public Contract {};
INSTANTIATE_TEST_SUITE_P(, Returning, testing::ValuesIn(engines()), engine_name);

TEST_P(Returning, InEveryWay) {
  EXPECT_EQ((db().query_one<int, std::string>("insert into thing (id, word) values (?, 'a') returning id, word", 1)),
            std::make_tuple(1, std::string("a")));
  EXPECT_THAT(db().query<int>("insert into thing (id) values (2), (3) returning id").all(), ElementsAre(2, 3));
  EXPECT_THAT(texts(db().query("insert into thing (id, word) values (4, 'd') returning word, id").all()),
              ElementsAre(ElementsAre("d", "4")));
  auto cursor = db().cursor();
  cursor.execute("insert into thing (id) values (?), (?) returning id", 5, 6);
  EXPECT_THAT(cursor.description(), ElementsAre("id"));
  EXPECT_THAT(texts(cursor.fetchall()), ElementsAre(ElementsAre("5"), ElementsAre("6")));
  EXPECT_EQ(db().query_optional<int>("delete from thing where id = ? returning id", 99), std::nullopt);
  EXPECT_THAT(db().query<int>("delete from thing where id > ? returning id", 4).all(), ElementsAre(5, 6));
  EXPECT_EQ(db().query_one<int>("select count(*) from thing"), 4);
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("insert into thing (id) values (1) returning id"); }), Errc::unique);
}

TEST_P(Returning, CountsAndIds) {
  EXPECT_EQ(db().exec("insert into thing (word) values ('a'), ('b') returning word"), 2);
  EXPECT_EQ(db().changes(), 2);
  EXPECT_EQ(db().query_one<int>("insert into thing (word) values ('c') returning id"), 3);
  EXPECT_EQ(db().last_insert_id(), 3);
  EXPECT_EQ(db().exec("insert into thing (word) values ('d')"), 1);
  EXPECT_EQ(db().last_insert_id(), 4);
  EXPECT_EQ(db().exec("delete from thing where id = 77 returning id"), 0);
  EXPECT_EQ(db().exec_many("insert into thing (word) values (?) returning id", std::vector<std::string>{"e", "f"}), 2);
  EXPECT_EQ(db().query_one<int>("select count(*) from thing"), 6);
}

TEST_P(Returning, OfManyRuns) {
  std::vector<std::string> words;
  for (int i = 0; i < 5000; ++i) {  // more than go in one bulk
    words.push_back("word " + std::to_string(9999 - i));
  }
  const auto rows = db().query_each<int, std::string>("insert into thing (word) values (?) returning id, word", words);
  ASSERT_EQ(rows.size(), words.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(std::get<1>(rows[i]), words[i]);
    EXPECT_TRUE(i == 0 || std::get<0>(rows[i]) > std::get<0>(rows[i - 1]));
  }
  const std::vector<int> ids{std::get<0>(rows[1]), 0, std::get<0>(rows[0])};
  EXPECT_THAT(db().query_each<std::string>("select word from thing where id = ?", ids),
              ElementsAre("word 9998", "word 9999"));
  EXPECT_THAT(db().query_each<int>("delete from thing where id = ? returning id", ids), ElementsAre(ids[0], ids[2]));
  const auto same = db().query_each<int>("insert into thing (word) select ? returning id", std::vector<int>{1, 2, 3});
  EXPECT_EQ(same.size(), 3U);
  EXPECT_THAT(db().query_each<int>("insert into thing (word) values (?) returning id", std::vector<int>{}),
              testing::IsEmpty());
}

TEST_P(Returning, OfManyRunsOfWhichOneFails) {
  const std::vector<int> ids{7, 8, 7, 9};
  const std::string insert = "insert into thing (id) values (?) returning id";
  {
    Transaction transaction(db());
    EXPECT_EQ(errc_thrown([&] { db().query_each<int>(insert, ids); }), Errc::unique);
    EXPECT_TRUE(db().usable());
    EXPECT_EQ(db().query_one<int>("select 1"), 1);
  }
  EXPECT_EQ(db().query_one<int>("select count(*) from thing"), 0);
  EXPECT_THAT(db().query_each<int>(insert, std::vector<int>{7, 8}), ElementsAre(7, 8));
  EXPECT_EQ(errc_thrown([&] { db().query_each<int, int>(insert, std::vector<int>{10}); }), Errc::usage);
}

TEST_P(Returning, ColumnsThatDiffer) {
  std::string what;
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("insert into thing (id) values (1) returning id, word"); }, &what),
            Errc::usage);
  EXPECT_THAT(what, HasSubstr("2 columns, asked for was 1"));
  EXPECT_EQ(errc_thrown([&] { db().query<int>("insert into thing (id) values (2)"); }), Errc::usage)
      << "refused without having run";
  EXPECT_EQ(db().query_one<int>("select count(*) from thing where id = 2"), 0);
}

TEST_P(Returning, RowsLeftEarlyAndOtherStatementsBetween) {
  for (auto [id] : db().query<int>("insert into thing (id) values (1), (2), (3) returning id")) {
    EXPECT_EQ(id, 1);
    break;
  }
  std::vector<int> seen;
  for (auto [id] : db().query<int>("insert into thing (id) values (4), (5), (6) returning id")) {
    seen.push_back(id);
    seen.push_back(db().query_one<int>("select count(*) from thing where id <= 3"));
  }
  EXPECT_THAT(seen, ElementsAre(4, 3, 5, 3, 6, 3));
}

class Procedures : public testing::Test {
 protected:
  void SetUp() override {
    if (mariadb() == nullptr) {
      GTEST_SKIP() << "the package mariadb-server is not installed";
    }
    url_ = new_database();
    db_.emplace(connect(url_));
    db().exec("create table t (x integer)");
    for (const char* procedure :
         {"create procedure none() begin insert into t values (1), (2); end",
          "create procedure one() begin select 7 as x union all select 8; end",
          "create procedure two(p integer) begin select p as x; select 'a' as y, 'b' as z; end",
          "create procedure failing() begin select 7 as x; signal sqlstate '45000' set message_text = 'enough'; end",
          "create procedure answers(out a integer) begin set a = 42; select 7 as x; end"}) {
      db().exec(procedure);
    }
  }
  void TearDown() override {
    if (!IsSkipped()) {
      for (int i = 40; i < 45; ++i) {
        EXPECT_EQ(db().query_one<int>("select " + std::to_string(i)), i) << "the connection is in step";
      }
      EXPECT_TRUE(db().usable());
    }
  }
  Connection& db() { return *db_; }
  const std::string& url() const { return url_; }

 private:
  std::string url_;
  std::optional<Connection> db_;
};

TEST_F(Procedures, ResultsThatNobodyWants) {
  EXPECT_EQ(db().exec("call none()"), 2);
  for (int i = 0; i < 3; ++i) {
    db().exec("call one()");
    db().exec("call two(1)");
    EXPECT_EQ(db().query_one<int>("select 5"), 5);
  }
  db().exec_script("call two(1); call one()");
  for (const Row& row : db().query("call one()")) {
    EXPECT_EQ(to_string(row[0]), "7");
    break;
  }
  Statement call = db().prepare("call two(?)");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(call.query_one<int>(i), i);
    call.exec(i);
  }
}

TEST_F(Procedures, TheFirstResultWithTypes) {
  EXPECT_THAT(db().query<int>("call one()").all(), ElementsAre(7, 8));
  EXPECT_EQ(db().query_one<int>("call two(?)", 3), 3);
  EXPECT_EQ(errc_thrown([&] { (db().query_one<int, int>("call two(?)", 3)); }), Errc::usage);
  EXPECT_EQ(errc_thrown([&] { db().query<int>("call none()").all(); }), Errc::usage) << "which yields none";
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("call one()"); }), Errc::too_many_rows);
}

TEST_F(Procedures, ResultAfterResult) {
  auto rows = db().query("call two(?)", 5);
  EXPECT_THAT(rows.names(), ElementsAre("x"));
  EXPECT_THAT(texts(rows.all()), ElementsAre(ElementsAre("5")));
  ASSERT_TRUE(rows.next_result());
  EXPECT_THAT(rows.names(), ElementsAre("y", "z"));
  EXPECT_THAT(texts(rows.all()), ElementsAre(ElementsAre("a", "b")));
  EXPECT_FALSE(rows.next_result());
  EXPECT_THAT(rows.all(), SizeIs(0));
  auto cursor = db().cursor();
  cursor.execute("call two(6)");
  ASSERT_TRUE(cursor.nextset()) << "past rows that were not fetched";
  EXPECT_THAT(cursor.description(), ElementsAre("y", "z"));
  EXPECT_THAT(cursor.fetchall(), SizeIs(1));
  EXPECT_FALSE(cursor.nextset());
  cursor.execute("call none()");
  EXPECT_EQ(cursor.rowcount(), 2);
}

TEST_F(Procedures, ResultsWaitWhileOtherStatementsRun) {
  auto rows = db().query("call two(?)", 5);
  auto others = db().query("call two(?)", 9);
  EXPECT_EQ(db().query_one<int>("select 5"), 5);
  EXPECT_THAT(texts(rows.all()), ElementsAre(ElementsAre("5")));
  ASSERT_TRUE(rows.next_result());
  EXPECT_THAT(rows.names(), ElementsAre("y", "z"));
  EXPECT_EQ(db().query_one<int>("select 6"), 6);
  EXPECT_THAT(texts(rows.all()), ElementsAre(ElementsAre("a", "b")));
  EXPECT_FALSE(rows.next_result());
  ASSERT_TRUE(others.next_result());
  EXPECT_THAT(texts(others.all()), ElementsAre(ElementsAre("a", "b")));
}

TEST_F(Procedures, FailuresBehindTheFirstResult) {
  std::string what;
  EXPECT_EQ(errc_thrown([&] { db().exec("call failing()"); }, &what), Errc::other);
  EXPECT_THAT(what, HasSubstr("enough"));
  EXPECT_EQ(errc_thrown([&] { db().query_one<int>("call failing()"); }), Errc::other);
  auto rows = db().query("call failing()");
  EXPECT_THAT(rows.all(), SizeIs(1));
  EXPECT_EQ(errc_thrown([&] { rows.next_result(); }), Errc::other);
  (void)db().query("call failing()").all();
}

TEST_F(Procedures, OutParametersAreAResultBehindTheOthers) {
  auto rows = db().query("call answers(?)", nullptr);
  EXPECT_THAT(texts(rows.all()), ElementsAre(ElementsAre("7")));
  ASSERT_TRUE(rows.next_result());
  EXPECT_THAT(texts(rows.all()), ElementsAre(ElementsAre("42")));
}

TEST_F(Procedures, APoolKeepsTheConnection) {
  Pool pool(url(), {.size = 1});
  for (int i = 0; i < 3; ++i) {
    pool.take()->exec("call two(1)");
    EXPECT_EQ(pool.take()->query_one<int>("select 5"), 5);
  }
  EXPECT_EQ(pool.statistics().discarded, 0U);
}

TEST_F(Procedures, AStatementThatGoesLeavesTheRowsOfOthers) {
  db().exec("insert into t values (1), (2), (3)");
  std::optional<Connection> none(connect(url(), {.statement_cache = 0}));
  std::optional<Statement> kept(none->prepare("select 5"));
  std::vector<int> seen;
  for (auto [x] : none->query<int>("select x from t order by x")) {
    seen.push_back(x);
    kept.reset();  // closed on the server
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
  EXPECT_EQ(none->query_one<int>("select 6"), 6);
}

}  // namespace
}  // namespace posthouse::sql
