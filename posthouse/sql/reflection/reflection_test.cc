// What tables look like, told alike on every engine.
#include "posthouse/sql/reflection/reflection.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/contract_testing.h"
#include "posthouse/sql/testing.h"

namespace posthouse::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReflectionContract : public Contract {};
INSTANTIATE_TEST_SUITE_P(, ReflectionContract, testing::ValuesIn(engines()), engine_name);

std::string_view plain(std::string_view type) {  // MariaDB writes a display width
  return type.substr(0, type.find('('));
}

TEST_P(ReflectionContract, TablesAreNamed) {
  db().exec("create view seen as select id from user");
  db().exec("create table \"order\" (id int)");
  EXPECT_THAT(table_names(db()), ElementsAre("order", "thing", "user"));
  EXPECT_TRUE(has_table(db(), "order"));
  EXPECT_FALSE(has_table(db(), "seen")) << "a view";
  EXPECT_FALSE(has_table(db(), "nothing"));
  std::string what;
  EXPECT_EQ(errc_thrown([&] { table_info(db(), "nothing"); }, &what), Errc::syntax);
  EXPECT_THAT(what, ::testing::HasSubstr("no table \"nothing\""));
  EXPECT_EQ(errc_thrown([&] { table_info(db(), "'; drop table user; --"); }), Errc::syntax);
}

TEST_P(ReflectionContract, CollationsAreTold) {
  const std::string one = is_sqlite() ? "NOCASE" : "utf8mb4_bin";
  const std::string other = is_sqlite() ? "RTRIM" : "utf8mb4_general_ci";
  db().exec("create table t (a varchar(20) collate " + one +
            " not null check (a <> 'collate x'), b int, c text collate " + other + ", primary key (a))");
  const TableInfo table = table_info(db(), "t");
  ASSERT_THAT(table.columns, SizeIs(3));
  EXPECT_EQ(table.columns[0].collation, one);
  EXPECT_EQ(table.columns[1].collation, "");
  EXPECT_EQ(table.columns[2].collation, other);
}

TEST_P(ReflectionContract, ColumnsAndKeysAreTold) {
  db().exec(
      "create table t (a varchar(20) not null, b decimal(10, 2) default 1.5, c bigint not null default 7,"
      " d int generated always as (c + 1) stored, word varchar(9) default 'it''s', primary key (c, a))");
  const TableInfo table = table_info(db(), "t");
  EXPECT_EQ(table.name, "t");
  ASSERT_THAT(table.columns, SizeIs(5));
  EXPECT_THAT(table.primary_key, ElementsAre("c", "a"));
  EXPECT_EQ(table.columns[0], (ColumnInfo{"a", "varchar(20)", false, {}, false, false, table.columns[0].collation}));
  EXPECT_EQ(plain(table.columns[1].type), "decimal");
  EXPECT_TRUE(table.columns[1].nullable);
  EXPECT_EQ(std::stod(table.columns[1].default_sql.value_or("0")), 1.5);
  EXPECT_EQ(plain(table.columns[2].type), "bigint");
  EXPECT_FALSE(table.columns[2].nullable);
  EXPECT_EQ(table.columns[2].default_sql, "7");
  EXPECT_FALSE(table.columns[2].auto_increment);
  EXPECT_TRUE(table.columns[3].generated);
  EXPECT_FALSE(table.columns[2].generated);
  EXPECT_NE(table.column("WORD"), nullptr);
  EXPECT_EQ(table.column("missing"), nullptr);
  EXPECT_EQ(db().query_one<std::string>("select " + table.column("word")->default_sql.value_or("")), "it's");
  EXPECT_THAT(table.indexes, IsEmpty());
  EXPECT_THAT(table.checks, IsEmpty());

  const TableInfo thing = table_info(db(), "thing");
  EXPECT_TRUE(thing.columns[0].auto_increment);
  EXPECT_FALSE(thing.columns[0].nullable);
  EXPECT_THAT(thing.primary_key, ElementsAre("id"));
  EXPECT_EQ(thing.columns[1].default_sql, std::nullopt) << "a nullable column without DEFAULT";
}

TEST_P(ReflectionContract, IndexesAreTold) {
  db().exec("create table t (a int, b int, c int unique, d int, unique (d, a))");
  db().exec("create index t_by_b_a on t (b, a)");
  db().exec("create unique index only_ab on t (a, b)");
  std::vector<std::string> seen;
  for (const IndexInfo& index : table_info(db(), "t").indexes) {
    std::string text = index.unique ? "unique" : "plain";
    for (const std::string& column : index.columns) {
      text += ' ' + column;
    }
    seen.push_back(text);
    EXPECT_EQ(index.constraint, is_sqlite() && index.name.starts_with("sqlite_autoindex"));
    EXPECT_FALSE(index.partial);
  }
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("plain b a", "unique a b", "unique c", "unique d a"));
}

TEST_P(ReflectionContract, ForeignKeysAreTold) {
  db().exec("create table pair (x int, y int, primary key (x, y))");
  db().exec(
      "create table child (id int primary key, px int, py int, owner varchar(64),"
      " constraint to_pair foreign key (px, py) references pair (x, y) on delete cascade on update cascade,"
      " constraint to_user foreign key (owner) references user (id) on delete set null)");
  const auto keys = table_info(db(), "child").foreign_keys;
  ASSERT_THAT(keys, SizeIs(2));
  EXPECT_THAT(keys[0].columns, ElementsAre("px", "py"));
  EXPECT_EQ(keys[0].table, "pair");
  EXPECT_THAT(keys[0].referred, ElementsAre("x", "y"));
  EXPECT_EQ(keys[0].on_delete, ForeignKeyAction::cascade);
  EXPECT_EQ(keys[0].on_update, ForeignKeyAction::cascade);
  EXPECT_THAT(keys[1].columns, ElementsAre("owner"));
  EXPECT_EQ(keys[1].on_delete, ForeignKeyAction::set_null);
  EXPECT_EQ(to_string(keys[1].on_delete), "SET NULL");
  EXPECT_THAT(keys[1].on_update, ::testing::AnyOf(ForeignKeyAction::no_action, ForeignKeyAction::restrict));
  EXPECT_EQ(keys[0].name, is_sqlite() ? "" : "to_pair");
}

TEST_P(ReflectionContract, ChecksAreTold) {
  db().exec(
      "create table t (-- check (not this)\n a int check (a >= (0)), \"check\" varchar(20) default 'check (x)',"
      " constraint \"sane\" check (a < 100 and \"check\" <> ')'))");
  const auto checks = table_info(db(), "t").checks;
  ASSERT_THAT(checks, SizeIs(2));
  EXPECT_EQ(checks[0].name, is_sqlite() ? "" : "a");
  EXPECT_THAT(checks[0].condition, ::testing::MatchesRegex("[\"`]?a[\"`]? >= \\(?0\\)?"));
  EXPECT_EQ(checks[1].name, "sane");
  EXPECT_THAT(checks[1].condition, ::testing::HasSubstr("<> ')'"));
}

// A server may hold thousands of databases of others.
TEST(MariadbReflection, OneTableIsReadForOneTable) {
  if (mariadb() == nullptr) {
    GTEST_SKIP() << "the package mariadb-server is not installed";
  }
  constexpr int OTHERS = 50;
  Connection others = connect(new_database());
  for (int i = 0; i < OTHERS; ++i) {
    others.exec("create table other" + std::to_string(i) + " (a int primary key, b int references other0 (a))");
  }
  Connection db = connect(new_database());
  db.exec("create table parent (id integer primary key)");
  db.exec("create table child (parent_id integer not null references parent (id))");
  const auto opened = [&db] {
    return db.query_one<int>(
        "select cast(variable_value as integer) from information_schema.session_status"
        " where variable_name = 'opened_table_definitions'");
  };
  db.exec("flush tables");
  const int before = opened();
  const TableInfo child = table_info(db, "child");
  EXPECT_EQ(child.foreign_keys.size(), 1U);
  EXPECT_LT(opened() - before, OTHERS / 2);
}

TEST(SqliteReflection, RowNumbersOrNot) {
  Connection db = connect("sqlite://:memory:");
  db.exec("create table numbered (id INTEGER primary key)");
  db.exec("create table other (id INT primary key)");
  db.exec("create table odd (id INTEGER primary key desc)");
  db.exec("create table bare (id INTEGER primary key) without rowid");
  EXPECT_TRUE(table_info(db, "NUMBERED").columns[0].auto_increment);
  EXPECT_EQ(table_info(db, "NUMBERED").name, "numbered");
  EXPECT_FALSE(table_info(db, "other").columns[0].auto_increment);
  EXPECT_FALSE(table_info(db, "odd").columns[0].auto_increment);
  EXPECT_FALSE(table_info(db, "bare").columns[0].auto_increment);
}

TEST(SqliteReflection, OddIndexesAndShortReferences) {
  Connection db = connect("sqlite://:memory:");
  db.exec("create table [a b] (id integer primary key, [check] text check ([check] <> 'a]'))");
  db.exec("create table t (a int references [a b], b text)");
  db.exec("create index some on t (a) where a > 0");
  db.exec("create index lowered on t (lower(b), a)");
  const TableInfo table = table_info(db, "t");
  EXPECT_THAT(table.foreign_keys[0].referred, ElementsAre("id"));
  EXPECT_THAT(table.indexes[0].columns, ElementsAre("", "a"));
  EXPECT_TRUE(table.indexes[1].partial);
  EXPECT_THAT(table_info(db, "a b").checks, ElementsAre(CheckInfo{"", "[check] <> 'a]'"}));
}

}  // namespace
}  // namespace posthouse::sql
