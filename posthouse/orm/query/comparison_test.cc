// What is equal, and what is larger, for the database as for the session.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"
#include "posthouse/orm/schema/schema_diff.h"

namespace posthouse::orm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Price {
  std::int64_t id = 0;
  sql::Decimal amount{};
  std::optional<sql::Decimal> rebate{};
};

struct Thing;

struct Owner {
  std::string name{};
  Many<Thing> things{};
};

struct Thing {
  std::int64_t id = 0;
  std::string owner_name{};
  One<Owner> owner{};
};

void describe(Mapping<Price>& price) {
  price.table("price");
  price.column("id", &Price::id).primary_key();
  price.column("amount", &Price::amount).decimal(20, 2).unique();
  price.column("rebate", &Price::rebate).decimal(20, 2);
}

void describe(Mapping<Owner>& owner) {
  owner.table("owner");
  owner.column("name", &Owner::name).primary_key().length(20);
  owner.has_many(&Owner::things, &Thing::owner_name);
}

void describe(Mapping<Thing>& thing) {
  thing.table("thing");
  thing.column("id", &Thing::id).primary_key();
  thing.column("owner_name", &Thing::owner_name).length(20).references(&Owner::name);
  thing.belongs_to(&Thing::owner, &Thing::owner_name);
}

class OrmComparisons : public sql::Database {};
INSTANTIATE_TEST_SUITE_P(, OrmComparisons, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmComparisons, DecimalsAreNumbers) {
  Engine engine(url());
  engine.create_all<Price>();
  Session session(engine);
  for (const char* amount : {"2", "9.99", "10", "100.50", "-5", "-10"}) {
    session.add(Price{.amount = {amount}});
  }
  const auto amount = col(&Price::amount);
  EXPECT_EQ(session.query<Price>().filter(amount > sql::Decimal{"10"}).count(), 1);
  EXPECT_EQ(session.query<Price>().filter(amount == sql::Decimal{"2.00"}).count(), 1);
  EXPECT_EQ(session.query<Price>().filter(amount.between(sql::Decimal{"-7"}, sql::Decimal{"9.990"})).count(), 3);
  EXPECT_EQ(session.query<Price>().filter(amount.in({{"100.5"}, {"+2.0"}, {"3"}})).count(), 2);
  std::vector<double> order;
  for (const auto& price : session.query<Price>().order_by(amount.asc()).all()) {
    order.push_back(std::stod(price->amount.digits));
  }
  EXPECT_THAT(order, ElementsAre(-10, -5, 2, 9.99, 10, 100.5));
  EXPECT_EQ(std::stod(session.select(max(amount)).one()->digits), 100.5);
  session.commit();
  session.add(Price{.amount = {"10.00"}});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::unique) << "as 10 is there";
}

TEST_P(OrmComparisons, TextIsComparedOctetByOctet) {
  Engine engine(url());
  engine.create_all<Owner, Thing>();
  {
    Session session(engine);
    for (const char* name : {"ann", "ANN", "Änn", "ann ", "驿站"}) {
      auto owner = session.add(Owner{.name = name});
      owner->things.add(make<Thing>());
    }
    session.commit();
  }
  Session session(engine);
  ASSERT_THAT(session.query<Owner>().all(), SizeIs(5));
  for (const auto& thing : session.query<Thing>().all()) {
    ASSERT_NE(thing->owner.get(), nullptr);
    EXPECT_EQ(thing->owner->name, thing->owner_name);
    EXPECT_THAT(thing->owner->things, SizeIs(1));
  }
  EXPECT_EQ(session.get<Owner>("Ann"), nullptr);
  EXPECT_EQ(session.query<Owner>().filter_by(&Owner::name, "ann").count(), 1);
  session.add(Thing{.owner_name = "aNN"});
  EXPECT_EQ(sql::errc_thrown([&] { session.commit(); }), sql::Errc::foreign_key);
}

TEST_P(OrmComparisons, TablesThatCompareOtherwiseAreToldAndMended) {
  sql::Connection db = open();
  const std::string other = is_sqlite() ? "" : " collate utf8mb4_general_ci";
  const std::string id = is_sqlite() ? "integer primary key autoincrement" : "bigint primary key auto_increment";
  if (!is_sqlite()) {
    db.exec("alter database character set latin1");
  }
  db.exec("create table owner (name varchar(20)" + other + " not null primary key)");
  db.exec("create table thing (id " + id + ", owner_name varchar(20)" + other +
          " not null, foreign key (owner_name) references owner (name))");
  db.exec("create table price (id " + id + ", amount " + (is_sqlite() ? "text" : "decimal(20, 2)") +
          " not null, rebate " + (is_sqlite() ? "text" : "decimal(20, 2)") + ")");
  db.exec("create unique index price_by_amount on price (amount)");
  db.exec("insert into owner values ('ann')");
  db.exec("insert into thing (owner_name) values ('ann')");
  db.exec("insert into price (amount) values ('10'), ('9')");
  const SchemaDiff diff = schema_diff<Owner, Thing, Price>(db);
  std::vector<std::string> words;
  for (const SchemaDifference& difference : diff.differences) {
    words.push_back(difference.words);
  }
  EXPECT_THAT(words, Contains(is_sqlite() ? "table price: column amount compares by octets, described is decimal"
                                          : "table owner: column name compares by utf8mb4_general_ci, described is "
                                            "utf8mb4_nopad_bin"));
  if (is_sqlite()) {
    db.exec("PRAGMA foreign_keys = OFF");
  }
  for (const std::string& statement : diff.statements) {
    db.exec(statement);
  }
  EXPECT_TRUE((schema_diff<Owner, Thing, Price>(db).empty()));
  Engine engine(url());
  Session session(engine);
  EXPECT_EQ(session.query<Thing>().one()->owner->name, "ann");
  EXPECT_EQ(session.query<Price>().filter(col(&Price::amount) < sql::Decimal{"9.5"}).count(), 1);
  EXPECT_EQ(sql::errc_thrown([&] {
              session.add(Thing{.owner_name = "ANN"});
              session.flush();
            }),
            sql::Errc::foreign_key);
}

}  // namespace
}  // namespace posthouse::orm
