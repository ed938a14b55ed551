#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/sql/reflection/reflection.h"
#include "posthouse/store/tables/schema.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Migrations : public OnEachEngine {
 protected:
  /// An empty database without a store.
  static sql::Connection empty() { return sql::fresh(GetParam()); }
};

POSTHOUSE_ON_EACH_ENGINE(Migrations);

MigrationSet first() {
  return {"pets", {{1, "dogs", {"CREATE TABLE dog (name TEXT)"}}}};
}

MigrationSet second(const std::string& last_step) {
  MigrationSet set = first();
  set.migrations.push_back({2,
                            "cats",
                            {"CREATE TABLE cat (name TEXT); INSERT INTO cat VALUES ('Tom')",
                             "ALTER TABLE dog ADD COLUMN age INTEGER", last_step}});
  return set;
}

TEST_P(Migrations, FromNothingAndFromAnOlderVersion) {
  sql::Connection db = empty();
  EXPECT_EQ(schema_version(db, "pets"), 0);
  migrate(db, {first()});
  EXPECT_EQ(schema_version(db, "pets"), 1);
  db.exec("INSERT INTO dog VALUES ('Rex')");
  migrate(db, {first()});
  migrate(db, {second("UPDATE dog SET age = 3")});
  EXPECT_EQ(schema_version(db, "pets"), 2);
  EXPECT_EQ(db.query_one<int>("SELECT age FROM dog WHERE name = 'Rex'"), 3);
  db.exec("UPDATE dog SET age = 4");
  migrate(db, {second("UPDATE dog SET age = 3")});
  EXPECT_EQ(db.query_one<int>("SELECT age FROM dog WHERE name = 'Rex'"), 4) << "it is not run again";
  EXPECT_THAT(db.query<std::string>("SELECT name FROM cat").all(), ElementsAre("Tom"));
}

TEST_P(Migrations, WhatWasAppliedIsNotEdited) {
  sql::Connection db = empty();
  migrate(db, {second("UPDATE dog SET age = 3")});
  EXPECT_EQ(error_of([&] { migrate(db, {second("UPDATE dog SET age = 5")}); }), "sql.usage");
}

TEST_P(Migrations, ResumesWhereItFailed) {
  sql::Connection db = empty();
  EXPECT_THROW(migrate(db, {second("INSERT INTO nowhere VALUES (1)")}), sql::Error);
  EXPECT_EQ(schema_version(db, "pets"), 1);
  // On SQLite a migration happens or it does not; on MariaDB every statement that was done is done.
  EXPECT_EQ(sql::has_table(db, "cat"), !is_sqlite());
  EXPECT_THROW(migrate(db, {second("INSERT INTO cat VALUES ('Kit'); INSERT INTO nowhere VALUES (1)")}), sql::Error);
  EXPECT_EQ(schema_version(db, "pets"), 1);
  migrate(db, {second("INSERT INTO cat VALUES ('Kit')")});
  EXPECT_EQ(schema_version(db, "pets"), 2);
  EXPECT_THAT(db.query<std::string>("SELECT name FROM cat ORDER BY name").all(), ElementsAre("Kit", "Tom"))
      << "no step was done twice";
  migrate(db, {second("INSERT INTO cat VALUES ('Kit')")});
}

TEST_P(Migrations, ANewerDatabaseIsRefused) {
  sql::Connection db = empty();
  migrate(db, {second("SELECT 1")});
  try {
    migrate(db, {first()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::schema_too_new);
    EXPECT_THAT(error.what(), HasSubstr("pets schema has number 2, this program knows up to 1"));
  }
  sql::Connection half = empty();
  EXPECT_THROW(migrate(half, {second("no such statement")}), sql::Error);
  // Begun counts, too; on SQLite nothing is begun that is not finished.
  EXPECT_EQ(error_of([&] { migrate(half, {first()}); }), is_sqlite() ? "no error" : "store.schema_too_new");
}

TEST_P(Migrations, ModulesAreIndependent) {
  sql::Connection db = empty();
  migrate(db, {first(), {"queue", {{1, "queue", {"CREATE TABLE q (x INTEGER)"}}}}});
  migrate(db, {first()});
  EXPECT_EQ(schema_version(db, "queue"), 1);
  migrate(db, {{"late", {{1, "late", {"CREATE TABLE late (x INTEGER)"}}}}});
  EXPECT_EQ(schema_version(db, "late"), 1);
}

TEST_P(Migrations, SeveralProcessesAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { Store::open(options(false)); });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  auto db = connect();
  EXPECT_EQ(db.query_one<std::size_t>("SELECT count(*) FROM schema_migration"), store_migrations().migrations.size());
}

TEST_P(Migrations, AStoreOfANewerProgramIsRefused) {
  {
    Store::open(options());
  }
  connect().exec(
      "INSERT INTO schema_migration (module, number, name, checksum, direction, steps_done, steps, changed_at) "
      "VALUES ('store', 999, 'later', '', 'up', 1, 1, '2036-01-01 00:00:00')");
  EXPECT_EQ(error_of([&] { Store::open(options()); }), "store.schema_too_new");
  EXPECT_EQ(error_of([&] { checked(); }), "store.schema_too_new");
}

}  // namespace
}  // namespace posthouse::store
