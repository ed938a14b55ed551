#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST(Migration, FromNothingAndFromAnOlderVersion) {
  sql::Connection db = sql::connect("sqlite://:memory:");
  EXPECT_EQ(schema_version(db, "pets"), 0);
  migrate(db, {first()});
  EXPECT_EQ(schema_version(db, "pets"), 1);
  db.exec("INSERT INTO dog VALUES ('Rex')");
  migrate(db, {first()});
  migrate(db, {second("UPDATE dog SET age = 3")});
  EXPECT_EQ(schema_version(db, "pets"), 2);
  EXPECT_EQ(db.query_one<int>("SELECT age FROM dog WHERE name = 'Rex'"), 3);
  migrate(db, {second("this is not run again")});
  EXPECT_THAT(db.query<std::string>("SELECT name FROM cat").all(), ElementsAre("Tom"));
}

TEST(Migration, ResumesWhereItFailed) {
  sql::Connection db = sql::connect("sqlite://:memory:");
  EXPECT_THROW(migrate(db, {second("INSERT INTO cat VALUES ('Kit'); INSERT INTO nowhere VALUES (1)")}), sql::Error);
  EXPECT_EQ(schema_version(db, "pets"), 1);
  EXPECT_THAT(db.query<std::string>("SELECT name FROM cat").all(), ElementsAre("Tom")) << "the last step left nothing";
  EXPECT_THROW(migrate(db, {second("INSERT INTO nowhere VALUES (1)")}), sql::Error);
  migrate(db, {second("INSERT INTO cat VALUES ('Kit')")});
  EXPECT_EQ(schema_version(db, "pets"), 2);
  EXPECT_THAT(db.query<std::string>("SELECT name FROM cat ORDER BY name").all(), ElementsAre("Kit", "Tom"))
      << "no step was done twice";
}

TEST(Migration, ANewerDatabaseIsRefused) {
  sql::Connection db = sql::connect("sqlite://:memory:");
  migrate(db, {second("SELECT 1")});
  try {
    migrate(db, {first()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::schema_too_new);
    EXPECT_THAT(error.what(), HasSubstr("pets schema has number 2, this program knows up to 1"));
  }
  sql::Connection half = sql::connect("sqlite://:memory:");
  EXPECT_THROW(migrate(half, {second("no such statement")}), sql::Error);
  EXPECT_EQ(error_of([&] { migrate(half, {first()}); }), "store.schema_too_new") << "begun counts, too";
}

TEST(Migration, ModulesAreIndependent) {
  sql::Connection db = sql::connect("sqlite://:memory:");
  migrate(db, {first(), {"queue", {{1, "queue", {"CREATE TABLE q (x INTEGER)"}}}}});
  migrate(db, {first()});
  EXPECT_EQ(schema_version(db, "queue"), 1);
  migrate(db, {{"late", {{1, "late", {"CREATE TABLE late (x INTEGER)"}}}}});
  EXPECT_EQ(schema_version(db, "late"), 1);
}

TEST(Migration, SeveralProcessesAtOnce) {
  TemporaryFolder folder;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { Store::open(options_for(folder.data(), false)); });
  }
  for (auto& thread : threads) thread.join();
  auto db = sql::connect(sql::sqlite_url(folder.data() + "/posthouse.db"));
  EXPECT_EQ(db.query_one<int>("SELECT count(*) FROM schema_migration"), 1);
}

TEST(Migration, AStoreOfANewerProgramIsRefused) {
  TemporaryFolder folder;
  { Store::open(options_for(folder.data())); }
  {
    auto db = sql::connect(sql::sqlite_url(folder.data() + "/posthouse.db"));
    db.exec("INSERT INTO schema_migration VALUES ('store', 999, 'later', 1, 1, 0)");
  }
  EXPECT_EQ(error_of([&] { Store::open(options_for(folder.data())); }), "store.schema_too_new");
  EXPECT_EQ(error_of([&] { check_folder(folder.data()); }), "store.schema_too_new");
}

}  // namespace
}  // namespace posthouse::store
