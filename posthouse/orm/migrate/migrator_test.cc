// Migrations on every engine: each is done once, goes on where it stopped, and is refused when it was changed.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/migrate/checksum.h"
#include "posthouse/orm/migrate/migration.h"
#include "posthouse/orm/schema/testing.h"
#include "posthouse/sql/sql.h"
#include "posthouse/sql/testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Migration> three() {
  return {{1,
           "letters",
           {"create table letter (id bigint primary key); create table stamp (id bigint primary key)"},
           {"drop table stamp; drop table letter"}},
          {2,
           "a letter",
           {"insert into letter values (1)",
            MigrationStep("stamp it", [](sql::Connection& db) { db.exec("insert into stamp values (?)", 1); })},
           {"delete from letter; delete from stamp"}},
          {5,
           "subjects",
           {"alter table letter add column subject varchar(20)"},
           {"alter table letter drop column subject"}}};
}

class Migrations : public OnEveryEngine {
 protected:
  void SetUp() override {
    OnEveryEngine::SetUp();
    if (!IsSkipped()) {
      db_.emplace(connect());
    }
  }
  sql::Connection& db() { return *db_; }
  Migrator migrator(std::vector<Migration> migrations = three()) { return Migrator(db(), std::move(migrations)); }
  static std::string states(Migrator& migrator) {
    std::string text;
    for (const MigrationStatus& each : migrator.status()) {
      text += (text.empty() ? "" : " ") + std::to_string(each.number) + ":" + std::string(to_string(each.state));
      if (each.state == MigrationState::stopped) {
        text += (each.down ? " down " : " up ") + std::to_string(each.steps_done) + "/" + std::to_string(each.steps);
      }
    }
    return text;
  }
  std::vector<std::string> tables() { return sql::table_names(db()); }

 private:
  std::optional<sql::Connection> db_;
};
INSTANTIATE_TEST_SUITE_P(, Migrations, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(Migrations, UpAndDown) {
  Migrator all = migrator();
  EXPECT_EQ(states(all), "1:pending 2:pending 5:pending");
  EXPECT_THAT(tables(), IsEmpty()) << "asking changes nothing";
  EXPECT_THAT(all.up(1), SizeIs(1));
  EXPECT_EQ(states(all), "1:applied 2:pending 5:pending");
  const auto rest = all.up();
  ASSERT_THAT(rest, SizeIs(2));
  EXPECT_EQ(rest[0].name, "a letter");
  EXPECT_THAT(rest[0].steps, ElementsAre("insert into letter values (1)", "stamp it"));
  EXPECT_EQ(states(all), "1:applied 2:applied 5:applied");
  EXPECT_TRUE(all.status()[0].changed_at.has_value());
  EXPECT_EQ(db().query_one<int>("select count(subject) + count(*) from letter"), 1);
  EXPECT_EQ(db().query_one<int>("select count(*) from stamp"), 1);
  EXPECT_THAT(all.up(), IsEmpty());
  EXPECT_THAT(all.down(), SizeIs(1));
  EXPECT_EQ(states(all), "1:applied 2:applied 5:pending");
  EXPECT_THAT(all.to(0), SizeIs(2));
  EXPECT_EQ(states(all), "1:pending 2:pending 5:pending");
  EXPECT_THAT(tables(), ElementsAre("orm_migration"));
  EXPECT_THAT(all.down(7), IsEmpty());
  all.to(2);
  EXPECT_EQ(states(all), "1:applied 2:applied 5:pending");
  EXPECT_THAT(all.plan_to(1), SizeIs(1));
  EXPECT_EQ(states(all), "1:applied 2:applied 5:pending") << "a plan does nothing";
  EXPECT_EQ(sql::errc_thrown([&] { all.to(3); }), sql::Errc::usage);
}

TEST_P(Migrations, AFailureInTheMiddle) {
  auto broken = three();
  broken[1].up = {"insert into letter values (1)", "insert into stamp values (1)", "insert into nowhere values (1)"};
  Migrator bad = migrator(broken);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { bad.up(); }, &what), sql::Errc::syntax);
  EXPECT_THAT(what, HasSubstr("migration 2 (a letter), step 3 of 3: "));
  EXPECT_EQ(db().query_one<int>("select count(*) from letter"), is_sqlite() ? 0 : 1);
  EXPECT_FALSE(db().in_transaction());
  broken[1].up[2] = "insert into stamp values (2)";  // mended
  Migrator good = migrator(broken);
  if (is_sqlite()) {
    EXPECT_EQ(states(bad), "1:applied 2:pending 5:pending") << "all of it is undone";
  } else {
    EXPECT_EQ(states(bad), "1:applied 2:stopped up 2/3 5:pending");
    EXPECT_THAT(bad.status()[1].error, HasSubstr("nowhere"));
    EXPECT_EQ(sql::errc_thrown([&] { good.down(); }, &what), sql::Errc::usage);
    EXPECT_THAT(what, HasSubstr("stopped on its way up; apply it first"));
    broken[1].up[0] = "insert into letter values (7)";  // this one has been done
    EXPECT_EQ(sql::errc_thrown([&] { migrator(broken).up(); }), sql::Errc::usage);
  }
  EXPECT_THAT(good.up(), SizeIs(2));
  EXPECT_EQ(states(good), "1:applied 2:applied 5:applied");
  EXPECT_EQ(db().query_one<int>("select count(*) from letter"), 1);
  EXPECT_EQ(db().query_one<int>("select count(*) from stamp"), 2);
}

TEST_P(Migrations, AFailureOnTheWayDown) {
  auto list = three();
  list[1].down = {"delete from letter", "delete from nowhere"};
  Migrator bad = migrator(list);
  bad.up(2);
  EXPECT_EQ(sql::errc_thrown([&] { bad.down(); }), sql::Errc::syntax);
  list[1].down[1] = "delete from stamp";
  Migrator good = migrator(list);
  if (!is_sqlite()) {
    EXPECT_EQ(states(good), "1:applied 2:stopped down 1/2 5:pending");
    EXPECT_EQ(sql::errc_thrown([&] { good.up(); }), sql::Errc::usage);
  }
  EXPECT_THAT(good.to(1), SizeIs(1));
  EXPECT_EQ(states(good), "1:applied 2:pending 5:pending");
  EXPECT_EQ(db().query_one<int>("select count(*) from letter") + db().query_one<int>("select count(*) from stamp"), 0);
}

TEST_P(Migrations, AStepThatWasDoneButNotRecorded) {
  if (is_sqlite()) {
    GTEST_SKIP() << "SQLite records with the step";
  }
  auto list = three();
  list[0].up = {"create table letter (id bigint primary key)", "create table stamp (id bigint primary key)"};
  db().exec("create table stamp (id bigint primary key)");  // as if it had been cut off behind the step
  Migrator all = migrator(list);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { all.up(); }, &what), sql::Errc::syntax);
  EXPECT_THAT(what, HasSubstr("step 2 of 2"));
  EXPECT_EQ(all.skip_step().state, MigrationState::applied);
  EXPECT_EQ(states(all), "1:applied 2:pending 5:pending");
  EXPECT_EQ(sql::errc_thrown([&] { all.skip_step(); }), sql::Errc::usage);
  EXPECT_THAT(all.up(), SizeIs(2));
}

TEST_P(Migrations, ChangedTextsAreRefusedUnlessAccepted) {
  Migrator all = migrator();
  all.up();
  auto list = three();
  list[1].up[0] = "insert into letter values (2)";
  Migrator changed = migrator(list);
  EXPECT_EQ(states(changed), "1:applied 2:changed 5:applied");
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { changed.up(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("migration 2 (a letter) was changed after it was applied"));
  EXPECT_EQ(sql::errc_thrown([&] { changed.down(); }), sql::Errc::usage);
  changed.accept(2);
  EXPECT_EQ(states(changed), "1:applied 2:applied 5:applied");
  list[2].up.emplace_back("create table more (id int)");
  Migrator grown = migrator(list);
  EXPECT_EQ(states(grown), "1:applied 2:applied 5:changed") << "a step more";
  EXPECT_EQ(sql::errc_thrown([&] { grown.accept(4); }), sql::Errc::usage);
  auto same = three();
  same[1].up[0] = "insert into letter values (2)";
  same[0].up = {"create table letter (id bigint primary key);\r\n\r\n create table stamp (id bigint primary key);\r\n"};
  Migrator spaced = migrator(same);
  EXPECT_EQ(states(spaced), "1:applied 2:applied 5:applied") << "what is between statements does not count";
}

TEST_P(Migrations, OrderIsKept) {
  auto list = three();
  list.erase(list.begin() + 1);
  Migrator without(db(), list);
  without.up();
  Migrator late = migrator();
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { late.up(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("migration 2 (a letter) is not applied, but migration 5 (subjects), which comes later"));
  list.pop_back();
  Migrator old(db(), list);
  EXPECT_EQ(states(old), "1:applied 5:unknown");
  EXPECT_EQ(sql::errc_thrown([&] { old.up(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("which this program does not know"));
}

TEST_P(Migrations, MistakesAreSaid) {
  const auto refused = [&](std::vector<Migration> list) {
    std::string what;
    EXPECT_EQ(sql::errc_thrown([&] { Migrator(db(), std::move(list)); }, &what), sql::Errc::usage);
    return what;
  };
  EXPECT_THAT(refused({{0, "x", {"select 1"}, {}}}), HasSubstr("numbered from 1"));
  EXPECT_THAT(refused({{1, "x", {"-- nothing"}, {}}}), HasSubstr("migration 1 (x) has no steps"));
  EXPECT_THAT(refused({{1, "x", {"select 1"}, {}}, {1, "y", {"select 1"}, {}}}), HasSubstr("number 1: x and y"));
  EXPECT_THAT(refused({{1, "x", {"/* c */ begin; select 1; commit"}, {}}}), HasSubstr("cannot have BEGIN as a step"));
  Migrator once(db(), {{1, "for ever", {"create table t (id int)"}, {}}});
  once.up();
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { once.down(); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("cannot be undone"));
  sql::Transaction transaction(db());
  EXPECT_EQ(sql::errc_thrown([&] { once.up(); }), sql::Errc::usage);
}

TEST_P(Migrations, TwoRunnersAtOnceDoEachOnce) {
  std::vector<Migration> many;
  many.push_back({1, "counter", {"create table counter (n bigint)", "insert into counter values (0)"}, {}});
  for (int i = 2; i <= 12; ++i) {
    many.push_back({i, "count", {"update counter set n = n + 1"}, {}});
  }
  std::atomic<std::size_t> done = 0;
  const auto run = [&] {
    sql::Connection own = connect();
    done += Migrator(own, many).up().size();
  };
  std::thread one(run);
  std::thread two(run);
  one.join();
  two.join();
  EXPECT_EQ(done, many.size());
  EXPECT_EQ(db().query_one<int>("select n from counter"), 11);
}

TEST_P(Migrations, ARunnerWaitsForTheOtherOnlySoLong) {
  if (is_sqlite()) {
    GTEST_SKIP() << "SQLite's busy timeout says how long";
  }
  sql::Connection other = connect();
  Migrator mine(db(), three(), {.lock_wait = std::chrono::seconds(0)});
  std::string seen;
  Migrator theirs(
      other,
      {{1,
        "letters",
        {MigrationStep("meanwhile",
                       [&](sql::Connection&) {
                         EXPECT_EQ(sql::errc_thrown([&] { mine.up(); }), sql::Errc::busy);
                         seen = to_string(
                             Migrator(db(), {{1, "letters", {MigrationStep("meanwhile", [](sql::Connection&) {})}, {}}})
                                 .status()[0]
                                 .state);
                       })},
        {}}});
  theirs.up();
  EXPECT_EQ(seen, "running");
}

// The step closes the process's connection to the database as a crash does.
TEST_P(Migrations, AConnectionLostInTheMiddle) {
  if (is_sqlite()) {
    GTEST_SKIP() << "see the next test";
  }
  sql::Connection killer = connect();
  const std::int64_t id = db().query_one<std::int64_t>("select connection_id()");
  auto list = three();
  list[0].up.emplace_back("die", [&](sql::Connection& own) {
    own.exec("insert into letter values (99)");
    killer.exec("kill " + std::to_string(id));
    own.exec("insert into letter values (100)");
  });
  EXPECT_EQ(sql::errc_thrown([&] { migrator(list).up(); }), sql::Errc::lost);
  db() = connect();
  list[0].up.back() = MigrationStep("die", [](sql::Connection& own) { own.exec("insert into letter values (98)"); });
  Migrator again = migrator(list);
  EXPECT_EQ(again.plan_up().front().first_step, 2U);
  again.up();  // waits until the server has noticed that the other connection is gone
  EXPECT_EQ(states(again), "1:applied 2:applied 5:applied");
  EXPECT_EQ(db().query_one<int>("select count(*) from letter where id > 50"), 1) << "what was cut off is undone";
}

TEST_P(Migrations, SeveralModulesShareATable) {
  const auto of = [&](const std::string& module) {
    return Migrator(db(), {{1, module, {"create table of_" + module + " (id int)"}, {"drop table of_" + module}}},
                    {.table = "shared", .module = module});
  };
  Migrator red = of("red");
  Migrator blue = of("blue");
  EXPECT_EQ(red.version(), 0);
  red.up();
  EXPECT_EQ(states(blue), "1:pending");
  blue.up();
  EXPECT_EQ(red.version(), 1);
  red.down();
  EXPECT_EQ(states(red), "1:pending");
  EXPECT_EQ(states(blue), "1:applied");
  EXPECT_THAT(tables(), ElementsAre("of_blue", "shared"));
}

TEST_P(Migrations, TheTableOfAnEarlierReleaseIsTakenOver) {
  db().exec(
      "CREATE TABLE orm_migration (number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL,"
      " checksum CHAR(64) NOT NULL, direction VARCHAR(4) NOT NULL, steps_done INTEGER NOT NULL,"
      " steps INTEGER NOT NULL, changed_at DATETIME(6) NOT NULL, error VARCHAR(1000))");
  db().exec("create table letter (id bigint primary key)");
  db().exec("create table stamp (id bigint primary key)");
  db().exec("INSERT INTO orm_migration VALUES (1, 'letters', ?, 'up', 2, 2, '2026-11-01 10:00:00', NULL)",
            detail::checksum(detail::single_steps(three().front().up), 2));
  Migrator mine = migrator();
  EXPECT_EQ(states(mine), "1:applied 2:pending 5:pending");
  EXPECT_EQ(sql::table_info(db(), "orm_migration").column("module"), nullptr) << "looking changes nothing";
  mine.up();
  EXPECT_EQ(states(mine), "1:applied 2:applied 5:applied");
  EXPECT_EQ(mine.status().front().name, "letters");
  Migrator other(db(), {{1, "other", {"create table other (id int)"}, {}}}, {.module = "other"});
  other.up();
  EXPECT_EQ(other.version(), 1);
  EXPECT_THAT(tables(), ElementsAre("letter", "orm_migration", "other", "stamp"));
}

TEST_P(Migrations, AMendedTextMayHaveNoStepLeft) {
  std::vector<Migration> list{{1, "a", {"create table a (id int)", "insert into nowhere values (1)"}, {}}};
  EXPECT_THROW(migrator(list).up(), sql::Error);
  list.front().up.pop_back();
  Migrator mended = migrator(list);
  mended.up();
  EXPECT_EQ(states(mended), "1:applied");
}

TEST_P(Migrations, WordsStandForTheEngines) {
  Migrator words(db(), {{1, "words", {"create table w (id $id, body $blob) $table"}, {}}}, {.engine_words = true});
  EXPECT_THAT(words.plan_up().front().steps.front(), testing::Not(HasSubstr("$")));
  words.up();
  EXPECT_TRUE(sql::table_info(db(), "w").column("id")->auto_increment);
  Migrator unknown(db(), {{1, "words", {"create table w (id $id, body $blob) $table"}, {}}, {2, "no", {"$what"}, {}}},
                   {.engine_words = true});
  EXPECT_EQ(sql::errc_thrown([&] { unknown.up(); }), sql::Errc::usage);
}

TEST(SqliteMigrations, ACrashInTheMiddleLeavesNothing) {
  const test::TemporaryFolder folder;
  const std::string url = sql::sqlite_url(folder.file("test.db"));
  EXPECT_EXIT(
      {
        sql::Connection db = sql::connect(url);
        Migrator(
            db,
            {{1, "a", {"create table a (id int)"}, {}},
             {2, "b", {"create table b (id int)", MigrationStep("crash", [](sql::Connection&) { ::_exit(7); })}, {}}})
            .up();
      },
      testing::ExitedWithCode(7), "");
  sql::Connection db = sql::connect(url);
  EXPECT_THAT(sql::table_names(db), ElementsAre("a", "orm_migration"));
  Migrator again(db, {{1, "a", {"create table a (id int)"}, {}}, {2, "b", {"create table b (id int)"}, {}}});
  EXPECT_THAT(again.up(), SizeIs(1));
}

TEST(SqliteMigrations, TablesCanBeWrittenAnewUnderForeignKeys) {
  sql::Connection db = sql::connect("sqlite://:memory:");
  db.exec("PRAGMA foreign_keys = ON");
  Migrator(db, {{1,
                 "a",
                 {"create table a (id integer primary key)",
                  "create table b (a integer references a (id) on delete cascade)", "insert into a values (1), (2)",
                  "insert into b values (1)"},
                 {}},
                {2,
                 "anew",
                 {"create table a_new (id integer primary key, more text); insert into a_new (id) select id from a;"
                  "drop table a; alter table a_new rename to a"},
                 {}}})
      .up();
  EXPECT_EQ(db.query_one<int>("select count(*) from b"), 1) << "the cascade did not act";
  EXPECT_TRUE(db.query_one<bool>("PRAGMA foreign_keys"));
  std::string what;
  Migrator bad(db, {{3, "loose", {"delete from a where id = 1"}, {}}}, {.table = "other"});
  EXPECT_EQ(sql::errc_thrown([&] { bad.up(); }, &what), sql::Errc::foreign_key);
  EXPECT_THAT(what, HasSubstr("1 rows of table \"b\" would refer to rows that do not exist"));
  EXPECT_EQ(db.query_one<int>("select count(*) from a"), 2);
}

}  // namespace
}  // namespace posthouse::orm
