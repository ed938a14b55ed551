#include "posthouse/store/tables/migration.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>

#include "posthouse/sql/transaction.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

void make_table(sql::Connection& connection) {
  connection.exec(in_words_of(connection,
                              "CREATE TABLE IF NOT EXISTS schema_migration ("
                              "module VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(255) NOT NULL, "
                              "steps_done INTEGER NOT NULL, steps INTEGER NOT NULL, changed_at BIGINT NOT NULL, "
                              "PRIMARY KEY (module, number)) $table"));
}

/// What $table and the others stand for.
std::string word_of(sql::Connection& connection, std::string_view name) {
  const bool sqlite = connection.engine() == "sqlite";
  if (name == "id") {
    return sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT" : "BIGINT PRIMARY KEY AUTO_INCREMENT";
  }
  if (name == "ref") {
    return sqlite ? "INTEGER" : "BIGINT";
  }
  if (name == "blob") {
    return sqlite ? "BLOB" : "LONGBLOB";
  }
  if (name != "table" && name != "if_new" && name != "if_missing" && name != "if_there") {
    throw sql::Error(sql::ErrorKind::usage, "a migration knows no word $" + std::string(name));
  }
  const bool mysql =
      !sqlite && connection.query_one<std::string>("SELECT VERSION()").find("MariaDB") == std::string::npos;
  if (name == "if_new") {
    return mysql ? "" : "IF NOT EXISTS";
  }
  if (name == "if_missing" || name == "if_there") {
    return mysql || sqlite ? "" : name == "if_missing" ? "IF NOT EXISTS" : "IF EXISTS";
  }
  if (sqlite) {
    return "";
  }
  // Neither pads: 'a' and 'a ' differ.
  return "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE " +
         std::string(mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin");
}

/// On a server: one process at a time. (SQLite's transactions see to that themselves.)
class OneAtATime {
 public:
  explicit OneAtATime(sql::Connection& connection) : connection_(connection), needed_(connection.engine() != "sqlite") {
    if (!needed_) {
      return;
    }
    const auto got = connection.query_one<std::optional<int>>("SELECT GET_LOCK(" + std::string(name) + ", 30)");
    if (got.value_or(0) != 1) {
      throw Error(Errc::locked, "another process is changing the schema of the database");
    }
  }
  OneAtATime(const OneAtATime&) = delete;
  OneAtATime& operator=(const OneAtATime&) = delete;
  ~OneAtATime() {
    try {
      if (needed_) {
        connection_.exec("DO RELEASE_LOCK(" + std::string(name) + ")");
      }
    } catch (const sql::Error&) {  // the lock goes with the connection
    }
  }

 private:
  static constexpr std::string_view name = "CONCAT('posthouse schema ', SHA1(DATABASE()))";
  sql::Connection& connection_;
  const bool needed_;
};

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
  if (begun && done >= migration.steps.size()) {
    return false;
  }
  if (!begun) {
    connection.exec(
        "INSERT INTO schema_migration (module, number, name, steps_done, steps, changed_at) VALUES (?, ?, ?, 0, ?, ?)",
        module, migration.number, migration.name, migration.steps.size(), stored_now());
  }
  if (done < migration.steps.size()) {
    connection.exec_script(in_words_of(connection, migration.steps[done]));
    connection.exec("UPDATE schema_migration SET steps_done = ?, changed_at = ? WHERE module = ? AND number = ?",
                    done + 1, stored_now(), module, migration.number);
  }
  transaction.commit();
  return done + 1 < migration.steps.size();
}

bool up_to_date(sql::Connection& connection, const MigrationSet& set) {
  if (set.migrations.empty()) {
    return true;
  }
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

std::string in_words_of(sql::Connection& connection, std::string_view step) {
  std::string text;
  for (std::size_t at = 0; at < step.size();) {
    const std::size_t mark = std::min(step.find('$', at), step.size());
    text += step.substr(at, mark - at);
    if (mark == step.size()) {
      break;
    }
    const auto end = std::find_if(step.begin() + static_cast<std::ptrdiff_t>(mark) + 1, step.end(),
                                  [](char c) { return c != '_' && (c < 'a' || c > 'z'); });
    at = static_cast<std::size_t>(end - step.begin());
    text += word_of(connection, step.substr(mark + 1, at - mark - 1));
  }
  return text;
}

int schema_version(sql::Connection& connection, std::string_view module) {
  const bool there =
      connection.query_one<int>(connection.engine() == "sqlite"
                                    ? "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migration'"
                                    : "SELECT count(*) FROM information_schema.tables "
                                      "WHERE table_schema = DATABASE() AND table_name = 'schema_migration'") == 1;
  if (!there) {
    return 0;
  }
  return connection
      .query_one<std::optional<int>>("SELECT max(number) FROM schema_migration WHERE module = ? AND steps_done = steps",
                                     module)
      .value_or(0);
}

void migrate(sql::Connection& connection, const std::vector<MigrationSet>& sets) {
  bool all_done = true;
  for (const MigrationSet& set : sets) {
    all_done = up_to_date(connection, set) && all_done;
  }
  if (all_done) {
    return;  // the usual case takes no lock
  }
  const OneAtATime one_at_a_time(connection);
  make_table(connection);
  for (const MigrationSet& set : sets) {
    refuse_newer(connection, set);
  }
  for (const MigrationSet& set : sets) {
    for (const Migration& migration : set.migrations) {
      while (advance(connection, set.module, migration)) {
      }
    }
  }
}

}  // namespace posthouse::store
