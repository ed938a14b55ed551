#pragma once
// A command for migrations, to be the main() of a program of one's own.
//
//     int main(int argc, char** argv) {
//       return posthouse::orm::migrate_main(argc, argv, migrations,
//           {.database = "sqlite:///shop.db", .diff = posthouse::orm::schema_diff_of<User, Book>()});
//     }
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "posthouse/orm/migrate/migration.h"
#include "posthouse/orm/schema/schema_diff.h"

namespace posthouse::orm {

struct MigrateProgram {
  std::string name = "migrate";
  std::string version{};              ///< For --version; empty: there is no such option.
  std::string database{};             ///< URL, unless --database or the environment's DATABASE_URL says another.
  std::filesystem::path directory{};  ///< Of .sql files, unless --dir says another; empty: none.
  std::string table = "orm_migration";
  std::function<SchemaDiff(sql::Connection&)> diff{};  ///< For the command diff; see schema_diff_of.
};

/// For MigrateProgram::diff: compares the whole database with these entities.
template <class... Ts>
std::function<SchemaDiff(sql::Connection&)> schema_diff_of() {
  return [](sql::Connection& connection) { return schema_diff<Ts...>(connection, {.other_tables = true}); };
}

/// Runs the command line:
///
///     status [--check]   every migration and its state
///     up [N]             apply all that are pending, or the next N
///     down [N]           undo the last one, or the last N
///     to N               apply or undo until N is the last one applied
///     new NAME           make the two files of a new migration; --from-diff: filled with what diff says
///     diff               in what the database differs from the program's entities, and statements that mend it
///     sql [N]            print what "to N" (without N: up) would run, and run nothing
///     skip-step          count the step at which a migration stopped as done (MariaDB)
///     accept N           take the changed text of an applied migration for what was applied
///
/// Migrations are those given and those of the folder together. Prints to standard output, failures to standard error.
/// Returns the exit status: 0; 1 when something failed; 2 for a command line that is not understood; 3 from
/// `status --check` when not all is applied, and from `diff` when there are differences.
int migrate_main(int argc, const char* const* argv, std::vector<Migration> migrations, MigrateProgram program = {});

}  // namespace posthouse::orm
