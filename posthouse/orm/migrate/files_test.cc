// Migrations kept as files.
#include "posthouse/orm/migrate/files.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/migrate/migration_files.h"
#include "posthouse/sql/testing.h"

namespace posthouse::orm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MigrationFiles : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.file(name), std::ios::binary) << text;
  }
  std::filesystem::path folder() const { return folder_.file(""); }
  std::vector<std::string> read(std::string_view engine = "sqlite") {
    std::vector<std::string> seen;
    for (const Migration& each : migrations_in(folder(), engine)) {
      seen.push_back(std::to_string(each.number) + ' ' + each.name + ": " + each.up[0].sql + '|' +
                     (each.down.empty() ? "" : each.down[0].sql));
    }
    return seen;
  }
  std::string refused() {
    std::string what;
    EXPECT_EQ(sql::errc_thrown([&] { read(); }, &what), sql::Errc::usage);
    return what;
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(MigrationFiles, AreReadInOrder) {
  EXPECT_THAT(read(), IsEmpty());
  write("0010_add_ages.up.sql",
        "\xef\xbb\xbf"
        "ten");
  write("0002_users.down.sql", "two down");
  write("0002_users.up.sql", "two");
  write("README.md", "not one");
  EXPECT_THAT(read(), ElementsAre("2 users: two|two down", "10 add ages: ten|"));
}

TEST_F(MigrationFiles, AnEnginesOwnFileWins) {
  write("0001_a.up.sql", "all");
  write("0001_a.up.mariadb.sql", "maria");
  write("0001_a.down.sqlite.sql", "lite");
  EXPECT_THAT(read("sqlite"), ElementsAre("1 a: all|lite"));
  EXPECT_THAT(read("mariadb"), ElementsAre("1 a: maria|"));
}

TEST_F(MigrationFiles, MistakesAreSaid) {
  write("0001_a.up.sql", "");
  write("0001_b.down.sql", "");
  EXPECT_THAT(refused(), HasSubstr("two migrations have the number 1: "));
  std::filesystem::remove(folder() / "0001_b.down.sql");
  write("0002_b.down.sql", "");
  EXPECT_THAT(refused(), HasSubstr("0002_b.down.sql undoes what no .up.sql does"));
  std::filesystem::remove(folder() / "0002_b.down.sql");
  write("01_a.up.sql", "");
  EXPECT_THAT(refused(), HasSubstr("are the same step"));
  std::filesystem::remove(folder() / "01_a.up.sql");
  for (const char* name : {"users.sql", "3_users.sql", "3_users.up.oracle.sql", "3users.up.sql", "0_a.up.sql",
                           "99999999999_a.up.sql", "-1_a.up.sql", "3_users.sideways.sql"}) {
    write(name, "");
    EXPECT_THAT(refused(), HasSubstr(std::string(name) + " is not named like 0001_"));
    std::filesystem::remove(folder() / name);
  }
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { migrations_in(folder() / "nowhere", "sqlite"); }, &what), sql::Errc::io);
  EXPECT_THAT(what, HasSubstr("nowhere: No such file"));
  std::filesystem::create_directory(folder() / "0003_folder.up.sql");
  EXPECT_EQ(sql::errc_thrown([&] { read(); }), sql::Errc::io);
}

TEST_F(MigrationFiles, NewOnes) {
  const std::filesystem::path made =
      detail::write_new_migration(folder() / "sub", "Add the user's  e-mail", 12, "up", "down");
  EXPECT_EQ(made.filename(), "0012_add_the_user_s_e_mail.up.sql");
  EXPECT_EQ(migrations_in(folder() / "sub", "sqlite")[0].down[0].sql, "down");
  EXPECT_EQ(
      sql::errc_thrown([&] { detail::write_new_migration(folder() / "sub", "add the user's e mail", 12, "", ""); }),
      sql::Errc::io)
      << "never overwritten";
  EXPECT_EQ(sql::errc_thrown([&] { detail::write_new_migration(folder(), "../", 1, "", ""); }), sql::Errc::usage);
}

}  // namespace
}  // namespace posthouse::orm
