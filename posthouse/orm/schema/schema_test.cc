// Tables of entities: what is described is what the database then has.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm.h"
#include "posthouse/orm/schema/tables.h"
#include "posthouse/orm/schema/testing.h"

namespace posthouse::orm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Every name is a keyword.
struct Order {
  std::int64_t select = 0;
  std::string group{};
  std::optional<std::string> key{};
  sql::Decimal limit{};
  sql::Json values{};
  std::int64_t from = 0;
};

void describe(Mapping<Order>& order) {
  order.table("order");
  order.column("select", &Order::select).primary_key();
  order.column("group", &Order::group).length(20).default_sql("'none'").check("\"group\" <> ''");
  order.column("key", &Order::key).unique();
  order.column("limit", &Order::limit).decimal(12, 2);
  order.column("values", &Order::values).sql_type("mariadb", "MEDIUMTEXT");
  order.column("from", &Order::from).sql_type("SMALLINT").indexed();
  order.index("order_of_things", &Order::from, &Order::group);
  order.unique(&Order::group, &Order::from);
  order.check("\"from\" < 1000");
}

// A composite key, and who refers to it.
struct Shelf {
  std::string room{};
  int number = 0;
};
struct Volume {
  std::int64_t id = 0;
  std::optional<std::string> room{};
  std::optional<int> shelf{};
};

void describe(Mapping<Shelf>& shelf) {
  shelf.table("shelf");
  shelf.column("room", &Shelf::room).primary_key().length(10);
  shelf.column("number", &Shelf::number).primary_key();
}
void describe(Mapping<Volume>& volume) {
  volume.table("volume");
  volume.column("id", &Volume::id).primary_key().autoincrement(false);
  volume.column("room", &Volume::room).length(10);
  volume.column("shelf", &Volume::shelf);
  volume.foreign_key(fields(&Volume::room, &Volume::shelf), fields(&Shelf::room, &Shelf::number), OnDelete::set_null,
                     OnUpdate::cascade);
}

// Tables in a circle, one of which refers to itself, too.
struct Chick;
struct Hen {
  std::int64_t id = 0;
  std::optional<std::int64_t> first_chick{};
  std::optional<std::int64_t> mother{};
};
struct Chick {
  std::int64_t id = 0;
  std::int64_t hen = 0;
};

void describe(Mapping<Hen>& hen) {
  hen.table("hen");
  hen.column("id", &Hen::id).primary_key();
  hen.column("first_chick", &Hen::first_chick).references(&Chick::id);
  hen.column("mother", &Hen::mother).references(&Hen::id);
}
void describe(Mapping<Chick>& chick) {
  chick.table("chick");
  chick.column("id", &Chick::id).primary_key();
  chick.column("hen", &Chick::hen).references(&Hen::id, OnDelete::cascade);
}

class Schema : public OnEveryEngine {};
INSTANTIATE_TEST_SUITE_P(, Schema, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(Schema, EverythingThatWasDescribed) {
  Engine engine(url());
  engine.create_all<Order>();
  sql::Connection db = connect();
  const sql::TableInfo table = sql::table_info(db, "order");
  EXPECT_THAT(table.primary_key, ElementsAre("select"));
  EXPECT_TRUE(table.column("select")->auto_increment);
  EXPECT_FALSE(table.column("group")->nullable);
  EXPECT_EQ(table.column("group")->default_sql, "'none'");
  EXPECT_TRUE(table.column("key")->nullable);
  EXPECT_EQ(table.column("limit")->type, is_sqlite() ? "TEXT" : "decimal(12,2)");
  EXPECT_EQ(table.column("values")->type, is_sqlite() ? "TEXT" : "mediumtext");
  EXPECT_EQ(table.column("from")->type, is_sqlite() ? "SMALLINT" : "smallint(6)");
  EXPECT_THAT(table.checks, SizeIs(2));
  using Columns = std::vector<std::string>;
  EXPECT_THAT(table.indexes,
              ElementsAre(sql::IndexInfo{"order_by_from", Columns{"from"}, false, false, false},
                          sql::IndexInfo{"order_by_group_from", Columns{"group", "from"}, true, false, false},
                          sql::IndexInfo{"order_by_key", Columns{"key"}, true, false, false},
                          sql::IndexInfo{"order_of_things", Columns{"from", "group"}, false, false, false}));
  engine.drop_all<Order>();
  EXPECT_THAT(sql::table_names(db), IsEmpty());
}

TEST_P(Schema, KeywordsAreOnlyNames) {
  Engine engine(url());
  engine.create_all<Order>();
  Session session(engine);
  session.add(Order{.group = "first", .key = "k", .limit = {"1.50"}, .from = 7});
  session.commit();
  EXPECT_EQ(session.query<Order>().filter(col(&Order::group) == "first").one()->from, 7);
  session.add(Order{.group = "first", .from = 7});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::unique) << "both columns together";
  session.rollback();
  session.add(Order{.group = "second", .from = 1000});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::check);
}

TEST_P(Schema, CompositeForeignKeys) {
  Engine engine(url());
  engine.create_all<Volume, Shelf>();
  sql::Connection db = connect();
  EXPECT_FALSE(sql::table_info(db, "volume").column("id")->auto_increment && !is_sqlite());
  db.exec("insert into shelf values ('hall', 1)");
  db.exec("insert into volume values (0, 'hall', 1)");
  EXPECT_EQ(sql::errc_thrown([&] { db.exec("insert into volume values (2, 'hall', 2)"); }), sql::Errc::foreign_key);
  db.exec("update shelf set number = 5");
  EXPECT_EQ(db.query_one<int>("select shelf from volume where id = 0"), 5);
  db.exec("delete from shelf");
  EXPECT_EQ(db.query_one<std::optional<int>>("select shelf from volume where id = 0"), std::nullopt);
}

TEST_P(Schema, TablesInACircle) {
  Engine engine(url());
  engine.create_all<Hen, Chick>();
  engine.create_all<Chick, Hen>();  // what is there stays
  sql::Connection db = connect();
  EXPECT_THAT(sql::table_names(db), ElementsAre("chick", "hen"));
  EXPECT_THAT(sql::table_info(db, "hen").foreign_keys,
              ::testing::UnorderedElementsAre(Field(&sql::ForeignKeyInfo::table, "chick"),
                                              Field(&sql::ForeignKeyInfo::table, "hen")));
  EXPECT_THAT(sql::table_info(db, "chick").foreign_keys,
              Contains(Field(&sql::ForeignKeyInfo::on_delete, sql::ForeignKeyAction::cascade)));
  db.exec("insert into hen (id) values (1)");
  db.exec("insert into chick (id, hen) values (1, 1)");
  db.exec("update hen set first_chick = 1, mother = 1");
  engine.drop_all<Hen, Chick>();
  EXPECT_THAT(sql::table_names(db), IsEmpty());
}

TEST_P(Schema, WhatOthersReferToIsNotDropped) {
  Engine engine(url());
  engine.create_all<Volume, Shelf>();
  sql::Connection db = connect();
  db.exec("insert into shelf values ('hall', 1)");
  db.exec("insert into volume values (0, 'hall', 1)");
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { engine.drop_all<Shelf>(); }, &what), sql::Errc::foreign_key);
  EXPECT_THAT(what, ::testing::HasSubstr("cannot drop table \"shelf\": table \"volume\" refers to it"));
  EXPECT_EQ(db.query_one<int>("select count(*) from shelf"), 1);
  EXPECT_EQ(db.query_one<int>("select count(*) from volume where room = 'hall'"), 1);
}

}  // namespace
}  // namespace posthouse::orm
