// The command for migrations.
#include "posthouse/orm/migrate/migrate_main.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/schema/testing.h"
#include "posthouse/sql/reflection/reflection.h"

namespace posthouse::orm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

struct Parcel {
  std::int64_t id = 0;
  std::string label{};
};
void describe(Mapping<Parcel>& parcel) {
  parcel.table("parcel");
  parcel.column("id", &Parcel::id).primary_key();
  parcel.column("label", &Parcel::label).length(20).default_sql("''");
}

struct Result {
  int status;
  std::string out, err;
};

class MigrateMain : public OnEveryEngine {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder().file(name), std::ios::binary) << text;
  }
  /// Runs the command line on the test's database and folder.
  Result run(std::vector<std::string> arguments, MigrateProgram program = {}, std::vector<Migration> own = {}) {
    arguments.insert(arguments.begin(), "migrate");
    arguments.insert(arguments.end(), {"--database", url(), "--dir", folder().file("")});
    return bare(arguments, std::move(program), std::move(own));
  }
  static Result bare(const std::vector<std::string>& arguments, MigrateProgram program = {},
                     std::vector<Migration> own = {}) {
    std::vector<const char*> argv;
    for (const std::string& each : arguments) {
      argv.push_back(each.c_str());
    }
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = migrate_main(static_cast<int>(argv.size()), argv.data(), std::move(own), std::move(program));
    std::string out = testing::internal::GetCapturedStdout();
    return {status, std::move(out), testing::internal::GetCapturedStderr()};
  }
  void two_files() {
    write("0001_letters.up.sql", "create table letter (id bigint primary key);\ninsert into letter values (1);\n");
    write("0001_letters.down.sql", "drop table letter;");
    write("0002_stamps.up.sql", "create table stamp (id bigint primary key)");
  }
};
INSTANTIATE_TEST_SUITE_P(, MigrateMain, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(MigrateMain, AWholeLife) {
  two_files();
  EXPECT_EQ(run({"status"}).out, "   1  pending  letters\n   2  pending  stamps\n");
  EXPECT_EQ(run({"status", "--check"}).status, 3);
  EXPECT_EQ(run({"sql", "1"}).out,
            "-- up 1: letters\ncreate table letter (id bigint primary key);\ninsert into letter values (1);\n");
  EXPECT_EQ(run({"up", "1"}).out, "applying 1  letters\n");
  EXPECT_THAT(run({"status"}).out, MatchesRegex("   1  applied  [-0-9]+ [:0-9]+Z  letters\n   2  pending  stamps\n"));
  EXPECT_EQ(run({"up"}).out, "applying 2  stamps\n");
  EXPECT_EQ(run({"up"}).out, "nothing to do\n");
  EXPECT_EQ(run({"status", "--check"}).status, 0);
  const Result undone = run({"down"});
  EXPECT_EQ(undone.status, 1);
  EXPECT_EQ(undone.err, "migrate: migration 2 (stamps) cannot be undone: it has no way down\n");
  write("0002_stamps.down.sql", "drop table stamp");
  EXPECT_EQ(run({"to", "0"}).out, "undoing 2  stamps\nundoing 1  letters\n");
}

TEST_P(MigrateMain, FailuresShowWhere) {
  two_files();
  write("0002_stamps.up.sql", "create table stamp (id bigint primary key);\ninsert into nowhere values (1)");
  const Result failed = run({"up"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, HasSubstr("migrate: migration 2 (stamps), step 2 of 2: "));
  const Result status = run({"status"});
  if (is_sqlite()) {
    EXPECT_THAT(status.out, HasSubstr("   2  pending  stamps\n"));
  } else {
    EXPECT_THAT(status.out, AllOf(HasSubstr("   2  stopped at step 2 of 2  "), HasSubstr("nowhere")));
    EXPECT_THAT(run({"skip-step"}).out, "migration 2  stamps: 2 of 2 steps are done\n");
  }
  write("0001_letters.up.sql", "create table letter (id bigint);\ninsert into letter values (1);\n");
  EXPECT_THAT(run({"status"}).out, HasSubstr("   1  changed  "));
  EXPECT_THAT(run({"up"}).err, HasSubstr("was changed after it was applied"));
  EXPECT_EQ(run({"accept", "1"}).out, "accepted 1\n");
  EXPECT_THAT(run({"status"}).out, HasSubstr("   1  applied  "));
}

TEST_P(MigrateMain, NewFilesFromTheDifferences) {
  const MigrateProgram program{.diff = schema_diff_of<Parcel>()};
  connect().exec("create table other (id int)");
  const Result diff = run({"diff"}, program);
  EXPECT_EQ(diff.status, 3);
  EXPECT_THAT(diff.out, AllOf(HasSubstr("-- table parcel is missing\n"), HasSubstr("\nCREATE TABLE "),
                              HasSubstr("-- DROP TABLE IF EXISTS \"other\";\n")));
  const Result made = run({"new", "Make parcels", "--from-diff"}, program);
  EXPECT_THAT(made.out, HasSubstr("0001_make_parcels.up.sql"));
  EXPECT_EQ(run({"up"}, program).out, "applying 1  make parcels\n");
  const Result after = run({"diff"}, program);
  EXPECT_EQ(after.out,
            "-- table other is in the database only\n-- these drop what is not described; they are never run"
            " by themselves:\n-- DROP TABLE IF EXISTS \"other\";\n")
      << "the table of records is not told of";
  EXPECT_TRUE(sql::has_table(*std::make_unique<sql::Connection>(connect()), "other"));
  EXPECT_THAT(run({"new", "next"}).out, HasSubstr("0002_next.up.sql"));
}

TEST_P(MigrateMain, ProgramsBringMigrationsOfTheirOwn) {
  two_files();
  const std::vector<Migration> own{{3, "own", {"create table own (id int)"}, {"drop table own"}}};
  EXPECT_EQ(run({"up"}, {}, own).out, "applying 1  letters\napplying 2  stamps\napplying 3  own\n");
  EXPECT_THAT(run({"up"}, {}, {{2, "twice", {"select 1"}, {}}}).err, HasSubstr("two migrations have the number 2"));
  EXPECT_THAT(run({"status"}).out, HasSubstr("   3  unknown  "));
}

TEST_P(MigrateMain, CommandLines) {
  EXPECT_EQ(bare({"m"}).status, 2);
  EXPECT_EQ(bare({"m", "sideways"}).status, 2);
  EXPECT_EQ(bare({"m", "up", "-1"}).status, 2);
  EXPECT_EQ(bare({"m", "to"}).status, 2);
  EXPECT_EQ(bare({"m", "up", "x"}).status, 2);
  EXPECT_EQ(bare({"m", "--version"}).status, 2) << "none was given";
  EXPECT_EQ(bare({"m", "--version"}, {.name = "post", .version = "1.2"}).out, "post 1.2\n");
  const Result help = bare({"m", "--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command :
       {"status", "up", "down", "to", "new", "diff", "sql", "skip-step", "accept", "DATABASE_URL"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
  }
  EXPECT_THAT(bare({"m", "diff", "--database", url()}).err, HasSubstr("knows no entities to compare with"));
  EXPECT_THAT(bare({"m", "new", "x"}).err, HasSubstr("Say --dir DIR"));
  const Result lost = bare({"m", "status", "--database", "mysql://root:secret@127.0.0.1:1/x"});
  EXPECT_EQ(lost.status, 1);
  EXPECT_THAT(lost.err, AllOf(HasSubstr("cannot connect to 127.0.0.1:1"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace posthouse::orm
