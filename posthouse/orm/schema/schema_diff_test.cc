// What a database lacks and has too much of, in words and as statements that mend it.
#include "posthouse/orm/schema/schema_diff.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm.h"
#include "posthouse/orm/schema/testing.h"

namespace posthouse::orm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Team {
  std::int64_t id = 0;
  std::string name{};
};
struct Player {
  std::int64_t id = 0;
  std::string name{};
  std::optional<int> age{};
  std::string country{};
  int goals = 0;
  std::optional<std::int64_t> team_id{};
  bool active = true;
  double height = 0;
  std::optional<sql::Decimal> worth{};
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> born{};
  std::optional<sql::Json> notes{};
  std::optional<sql::Uuid> licence{};
  sql::Blob picture{};
  Many<Team> clubs{};
};

void describe(Mapping<Team>& team) {
  team.table("team");
  team.column("id", &Team::id).primary_key();
  team.column("name", &Team::name).length(30).unique();
}
void describe(Mapping<Player>& player) {
  player.table("player");
  player.column("id", &Player::id).primary_key();
  player.column("name", &Player::name).length(40).indexed();
  player.column("age", &Player::age).check("age >= 0 AND age <= 150");
  player.column("country", &Player::country).length(2).default_sql("'CN'");
  player.column("goals", &Player::goals).default_sql("0");
  player.column("team_id", &Player::team_id).references(&Team::id, OnDelete::set_null);
  player.column("active", &Player::active);
  player.column("height", &Player::height);
  player.column("worth", &Player::worth);
  player.column("born", &Player::born);
  player.column("notes", &Player::notes);
  player.column("licence", &Player::licence);
  player.column("picture", &Player::picture);
  player.index("player_by_country_and_age", &Player::country, &Player::age);
  player.check("goals >= 0");
  player.many_to_many(&Player::clubs, "player_team", "player_id", "team_id");
}

class SchemaDiffs : public OnEveryEngine {
 protected:
  static std::vector<std::string> words(const SchemaDiff& diff) {
    std::vector<std::string> words;
    for (const SchemaDifference& difference : diff.differences) {
      words.push_back(difference.words);
    }
    return words;
  }
  // As a migration does: all in a transaction without foreign keys enforced, which is then looked after.
  static void run(sql::Connection& db, const std::vector<std::string>& statements) {
    if (db.engine() == "sqlite") {
      db.exec("PRAGMA foreign_keys = OFF");
    }
    for (const std::string& sql : statements) {
      db.exec(sql);
    }
    if (db.engine() != "sqlite") {
      return;
    }
    EXPECT_THAT(db.query("PRAGMA foreign_key_check").all(), IsEmpty());
    db.exec("PRAGMA foreign_keys = ON");
  }
};
INSTANTIATE_TEST_SUITE_P(, SchemaDiffs, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(SchemaDiffs, WhatWasMadeFromTheDescriptionsIsAlike) {
  Engine(url()).create_all<Player, Team>();
  sql::Connection db = connect();
  const SchemaDiff diff = schema_diff<Player, Team>(db);
  EXPECT_THAT(words(diff), IsEmpty());
  EXPECT_THAT(diff.statements, IsEmpty());
  EXPECT_TRUE(diff.empty());
}

TEST_P(SchemaDiffs, AnEmptyDatabaseLacksAll) {
  sql::Connection db = connect();
  const SchemaDiff diff = schema_diff<Player, Team>(db);
  EXPECT_THAT(words(diff),
              ElementsAre("table team is missing", "table player is missing", "table player_team is missing"));
  run(db, diff.statements);
  EXPECT_THAT(words(schema_diff<Player, Team>(db)), IsEmpty());
}

// A table of an earlier time, with rows, something that somebody added by hand, and somebody who refers to it.
class OldPlayers : public SchemaDiffs {
 protected:
  void SetUp() override {
    SchemaDiffs::SetUp();
    if (IsSkipped()) {
      return;
    }
    Engine engine(url());
    engine.create_all<Team>();
    sql::Connection db = connect();
    db.exec("create table player (id " +
            std::string(is_sqlite() ? "integer primary key" : "bigint primary key auto_increment") +
            ", name varchar(20), age bigint, goals bigint not null default 1, nickname varchar(20),"
            " check (nickname <> 'none'))");
    db.exec("create index mine on player (nickname)");
    db.exec(
        "create table fan (player_id bigint not null, foreign key (player_id) references player (id)"
        " on delete cascade)");
    db.exec("create trigger greet after insert on player for each row begin insert into log values ('new'); end");
    db.exec("create table log (word varchar(10))");
    db.exec("insert into player (name, age, nickname) values ('Ann', 30, 'A'), ('Bob', null, null)");
    db.exec("insert into fan values (1), (2)");
  }
};
INSTANTIATE_TEST_SUITE_P(, OldPlayers, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OldPlayers, TheDifferencesAreSaid) {
  sql::Connection db = connect();
  const SchemaDiff diff = schema_diff<Player, Team>(db);
  const std::vector<std::string> all = words(diff);
  EXPECT_THAT(all, Contains("table player_team is missing"));
  EXPECT_THAT(all, Contains("table player: column country is missing (varchar(2) NOT NULL DEFAULT 'CN')"));
  EXPECT_THAT(all, Contains("table player: column name is varchar(20), described is varchar(40) NOT NULL"));
  EXPECT_THAT(all, Contains(AllOf(StartsWith("table player: column goals is bigint"), HasSubstr("DEFAULT 1"))));
  EXPECT_THAT(all, Contains("table player: column nickname is in the database only (varchar(20))"));
  EXPECT_THAT(all, Contains("table player: foreign key (team_id) to team (id) is missing"));
  EXPECT_THAT(all, Contains("table player: index on (country, age) is missing"));
  EXPECT_THAT(all, Contains("table player: index on (nickname) (mine) is in the database only"));
  EXPECT_THAT(all, Contains("table player: check (goals >= 0) is missing"));
  EXPECT_THAT(diff.statements, Each(Not(HasSubstr("DROP COLUMN"))));
  EXPECT_THAT(diff.dropping, Contains("ALTER TABLE \"player\" DROP COLUMN \"nickname\""));
  EXPECT_THAT(all, Not(Contains(HasSubstr("table fan")))) << "not asked for";
  const SchemaDiff wide = schema_diff<Player, Team>(db, {.other_tables = true, .ignored = {"log"}});
  EXPECT_THAT(words(wide), Contains("table fan is in the database only"));
  EXPECT_THAT(words(wide), Not(Contains(HasSubstr("table log"))));
  EXPECT_THAT(wide.dropping, Contains("DROP TABLE IF EXISTS \"fan\""));
}

TEST_P(OldPlayers, TheStatementsMendWithoutLosingAnything) {
  sql::Connection db = connect();
  run(db, schema_diff<Player, Team>(db).statements);
  const SchemaDiff left = schema_diff<Player, Team>(db);
  EXPECT_THAT(left.statements, IsEmpty());
  for (const SchemaDifference& difference : left.differences) {
    EXPECT_EQ(difference.change, SchemaChange::extra) << difference.words;
  }
  EXPECT_THAT(left.differences, SizeIs(3)) << "a column, its check, its index";
  EXPECT_EQ((db.query_one<std::string, int, std::string, int, std::string>(
                "select name, age, country, active, nickname from player where id = 1")),
            std::make_tuple(std::string("Ann"), 30, std::string("CN"), 0, std::string("A")));
  EXPECT_EQ(db.query_one<int>("select count(*) from fan"), 2) << "rows that refer to the table stay";
  EXPECT_EQ(sql::errc_thrown([&] { db.exec("update player set nickname = 'none'"); }), sql::Errc::check);
  Engine engine(url());
  Session session(engine);
  const int before = db.query_one<int>("select count(*) from log");
  session.add(Player{.name = "Eve", .country = "FR", .picture = {"p"}});
  session.commit();
  EXPECT_EQ(db.query_one<int>("select count(*) from log"), before + 1) << "the trigger is there";
  db.exec("delete from player where id = 1");
  EXPECT_EQ(db.query_one<int>("select count(*) from fan"), 1) << "the reference works";
}

TEST_P(OldPlayers, DroppingIsForPeople) {
  sql::Connection db = connect();
  run(db, schema_diff<Player, Team>(db).statements);
  if (is_sqlite()) {
    return;  // its check can be dropped by nobody but who writes the table anew
  }
  run(db, schema_diff<Player, Team>(db).dropping);
  EXPECT_THAT(words(schema_diff<Player, Team>(db)), IsEmpty());
}

TEST_P(SchemaDiffs, KeysAndActionsThatChanged) {
  sql::Connection db = connect();
  Engine(url()).create_all<Team>();
  Engine(url()).create_all<Player>();
  if (is_sqlite()) {
    db.exec("drop table player_team");
    db.exec(
        "create table player_team (player_id bigint not null, team_id bigint not null,"
        " primary key (team_id, player_id),"
        " foreign key (player_id) references player (id), foreign key (team_id) references team (id))");
  } else {
    db.exec("alter table player_team drop foreign key fk_player_team_team_id");
    db.exec("alter table player_team add constraint fk_player_team_team_id foreign key (team_id) references team (id)");
  }
  const SchemaDiff diff = schema_diff<Player, Team>(db);
  if (is_sqlite()) {
    EXPECT_THAT(words(diff), Contains("table player_team: the primary key is (team_id, player_id), described is"
                                      " (player_id, team_id)"));
  }
  EXPECT_THAT(words(diff), Contains(AllOf(HasSubstr("foreign key (team_id) to team (id) is ON DELETE"),
                                          HasSubstr("described is ON DELETE CASCADE"))));
  run(db, diff.statements);
  EXPECT_THAT(words(schema_diff<Player, Team>(db)), IsEmpty());
}

TEST_P(SchemaDiffs, NewColumnsThatCannotBeFilledAreRefused) {
  struct Timed {
    std::int64_t id = 0;
    std::chrono::sys_time<std::chrono::microseconds> at{};
  };
  detail::Entity entity;
  Mapping<Timed> mapping(entity);
  mapping.table("timed");
  mapping.column("id", &Timed::id).primary_key().autoincrement(false);
  mapping.column("at", &Timed::at);
  detail::complete(entity);
  sql::Connection db = connect();
  db.exec("create table timed (id bigint not null primary key)");
  db.exec("insert into timed values (1)");
  const SchemaDiff diff = detail::diff_entities(db, {&entity}, {});
  ASSERT_THAT(diff.differences, SizeIs(1));
  EXPECT_EQ(sql::errc_thrown([&] {
              sql::Transaction transaction(db);
              for (const std::string& sql : diff.statements) {
                db.exec(sql);
              }
            }),
            is_sqlite() ? sql::Errc::not_null : sql::Errc::type);
  EXPECT_EQ(db.query_one<int>("select count(*) from timed"), 1);
}

TEST(SqliteSchemaDiffs, TablesThatCannotBeWrittenAnewAreSaid) {
  sql::Connection db = sql::connect("sqlite://:memory:");
  db.exec("create table team (id integer primary key, name varchar(10), upper text as (upper(name)))");
  const SchemaDiff diff = schema_diff<Team>(db);
  EXPECT_THAT(diff.statements, IsEmpty());
  EXPECT_THAT(diff.differences.back().words, HasSubstr("it has generated columns, so this has to be done by hand"));
}

}  // namespace
}  // namespace posthouse::orm
