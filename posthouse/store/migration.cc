#include "posthouse/store/migration.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>

#include "posthouse/sql/transaction.h"
#include "posthouse/store/error.h"
#include "posthouse/store/names.h"

namespace posthouse::store {
namespace {

void make_table(sql::Connection& connection) {
  connection.exec(
      "CREATE TABLE IF NOT EXISTS schema_migration ("
      "module VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(255) NOT NULL, "
      "steps_done INTEGER NOT NULL, steps INTEGER NOT NULL, changed_at BIGINT NOT NULL, "
      "PRIMARY KEY (module, number))");
}

int highest_begun(sql::Connection& connection, std::string_view module) {
  return connection.query_one<std::optional<int>>("SELECT max(number) FROM schema_migration WHERE module = ?", module)
      .value_or(0);
}

/// Does the next step of `migration` that is not done, if there is one, in a transaction of its own. Another process
/// may be doing the same, so what is done is looked up inside.
bool advance(sql::Connection& connection, const std::string& module, const Migration& migration) {
  sql::Transaction transaction(connection, sql::TransactionMode::immediate);
  const auto begun = connection.query_optional<std::size_t>(
      "SELECT steps_done FROM schema_migration WHERE module = ? AND number = ?", module, migration.number);
  const std::size_t done = begun.value_or(0);
  if (begun && done >= migration.steps.size()) return false;
  if (!begun) {
    connection.exec(
        "INSERT INTO schema_migration (module, number, name, steps_done, steps, changed_at) VALUES (?, ?, ?, 0, ?, ?)",
        module, migration.number, migration.name, migration.steps.size(), stored_now());
  }
  if (done < migration.steps.size()) {
    connection.exec_script(migration.steps[done]);
    connection.exec("UPDATE schema_migration SET steps_done = ?, changed_at = ? WHERE module = ? AND number = ?",
                    done + 1, stored_now(), module, migration.number);
  }
  transaction.commit();
  return done + 1 < migration.steps.size();
}

bool up_to_date(sql::Connection& connection, const MigrationSet& set) {
  if (set.migrations.empty()) return true;
  const int last = set.migrations.back().number;
  return schema_version(connection, set.module) == last && highest_begun(connection, set.module) == last;
}

void refuse_newer(sql::Connection& connection, const MigrationSet& set) {
  const int known = set.migrations.empty() ? 0 : set.migrations.back().number;
  const int found = highest_begun(connection, set.module);
  if (found > known) {
    throw Error(Errc::schema_too_new, "the database was made by a newer Posthouse: its " + set.module +
                                          " schema has number " + std::to_string(found) +
                                          ", this program knows up to " + std::to_string(known));
  }
}

}  // namespace

int schema_version(sql::Connection& connection, std::string_view module) {
  const bool there =
      connection.query_one<int>("SELECT count(*) FROM sqlite_master WHERE name = 'schema_migration'") == 1;
  if (!there) return 0;
  return connection
      .query_one<std::optional<int>>("SELECT max(number) FROM schema_migration WHERE module = ? AND steps_done = steps",
                                     module)
      .value_or(0);
}

void migrate(sql::Connection& connection, const std::vector<MigrationSet>& sets) {
  bool all_done = true;
  for (const MigrationSet& set : sets) all_done = up_to_date(connection, set) && all_done;
  if (all_done) return;  // the usual case takes no lock
  make_table(connection);
  for (const MigrationSet& set : sets) refuse_newer(connection, set);
  for (const MigrationSet& set : sets) {
    for (const Migration& migration : set.migrations) {
      while (advance(connection, set.module, migration)) {
      }
    }
  }
}

}  // namespace posthouse::store
