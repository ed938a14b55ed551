#include "posthouse/orm/migrate/records.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "posthouse/sql/lexical.h"
#include "posthouse/sql/reflection/reflection.h"
#include "posthouse/sql/values/types.h"

namespace posthouse::orm::detail {
namespace {

using Moment = std::chrono::sys_time<std::chrono::microseconds>;

Moment now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

struct MigrationRecords::Layout {
  bool modules = true;    // it has the column `module`
  bool checksums = true;  // it has checksum, direction and error
  bool current() const noexcept { return modules && checksums; }
};

std::optional<MigrationRecords::Layout> MigrationRecords::layout() const {
  if (!sql::has_table(connection_, table_)) {
    return std::nullopt;
  }
  const sql::TableInfo info = sql::table_info(connection_, table_);
  return Layout{info.column("module") != nullptr, info.column("checksum") != nullptr};
}

std::vector<MigrationRecords::OfModule> MigrationRecords::read_all(const Layout& layout) const {
  std::vector<OfModule> records;
  const std::string module = layout.modules ? "module" : "''";
  if (!layout.checksums) {
    for (auto [of, number, name, done, steps, at] :
         connection_.query<std::string, int, std::string, std::size_t, std::size_t, std::int64_t>(
             fmt::format("SELECT {}, number, name, steps_done, steps, changed_at FROM {} ORDER BY number", module,
                         sql::quoted(table_)))) {
      // Every script of that time was one step, so of one that was not finished nothing counts as done.
      const std::size_t kept = done < steps ? 0 : done;
      records.push_back({of, {number, name, {}, false, kept, steps, Moment(std::chrono::microseconds(at)), {}}});
    }
    return records;
  }
  for (auto [of, number, name, checksum, direction, done, steps, at, error] :
       connection_.query<std::string, int, std::string, std::string, std::string, std::size_t, std::size_t, Moment,
                         std::optional<std::string>>(
           fmt::format("SELECT {}, number, name, checksum, direction, steps_done, steps, changed_at, error FROM {} "
                       "ORDER BY number",
                       module, sql::quoted(table_)))) {
    records.push_back({of, {number, name, checksum, direction == "down", done, steps, at, error}});
  }
  return records;
}

std::vector<MigrationRecord> MigrationRecords::read() const {
  std::vector<MigrationRecord> ours;
  if (const std::optional<Layout> found = layout()) {
    for (OfModule& record : read_all(*found)) {
      if (record.first == module_) {
        ours.push_back(std::move(record.second));
      }
    }
  }
  return ours;
}

void MigrationRecords::create(const std::string& name) {
  connection_.exec(
      fmt::format("CREATE TABLE IF NOT EXISTS {} (module VARCHAR(64) NOT NULL DEFAULT '', number INTEGER NOT NULL, "
                  "name VARCHAR(255) NOT NULL, checksum CHAR(64) NOT NULL, direction VARCHAR(4) NOT NULL, "
                  "steps_done INTEGER NOT NULL, steps INTEGER NOT NULL, changed_at DATETIME(6) NOT NULL, "
                  "error VARCHAR(1000), PRIMARY KEY (module, number))",
                  sql::quoted(name)));
}

void MigrationRecords::insert(const std::string& table, const OfModule& record) {
  const MigrationRecord& of = record.second;
  connection_.exec(
      fmt::format("INSERT INTO {} (module, number, name, checksum, direction, steps_done, steps, changed_at, error) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  sql::quoted(table)),
      record.first, of.number, of.name, of.checksum, of.down ? "down" : "up", of.steps_done, of.steps, of.changed_at,
      of.error);
}

void MigrationRecords::make() {
  const std::optional<Layout> found = layout();
  if (!found) {
    create(table_);
  } else if (!found->current()) {
    write_anew(*found);
  } else if (connection_.engine() != "sqlite") {
    connection_.exec("DROP TABLE IF EXISTS " + sql::quoted(outdated()));  // where write_anew was interrupted
  }
}

std::string MigrationRecords::outdated() const {
  return table_ + "_outdated";
}

// On SQLite in the transaction of the migration that comes; on MariaDB one table takes the other's place at a stroke,
// and what an interruption has left over goes with the next attempt.
void MigrationRecords::write_anew(const Layout& layout) {
  const std::string fresh = table_ + "_written_anew";
  const std::string old = outdated();
  const std::vector<OfModule> records = read_all(layout);
  connection_.exec("DROP TABLE IF EXISTS " + sql::quoted(fresh));
  create(fresh);
  for (const OfModule& record : records) {
    insert(fresh, record);
  }
  if (connection_.engine() == "sqlite") {
    connection_.exec("DROP TABLE " + sql::quoted(table_));
    connection_.exec(fmt::format("ALTER TABLE {} RENAME TO {}", sql::quoted(fresh), sql::quoted(table_)));
    return;
  }
  connection_.exec("DROP TABLE IF EXISTS " + sql::quoted(old));
  connection_.exec(
      fmt::format("RENAME TABLE {0} TO {1}, {2} TO {0}", sql::quoted(table_), sql::quoted(old), sql::quoted(fresh)));
  connection_.exec("DROP TABLE " + sql::quoted(old));
}

void MigrationRecords::write(const MigrationRecord& record) {
  const auto changed = connection_.exec(
      fmt::format("UPDATE {} SET name = ?, checksum = ?, direction = ?, steps_done = ?, steps = ?, changed_at = ?, "
                  "error = NULL WHERE module = ? AND number = ?",
                  sql::quoted(table_)),
      record.name, record.checksum, record.down ? "down" : "up", record.steps_done, record.steps, now(), module_,
      record.number);
  if (changed == 0) {
    MigrationRecord fresh = record;
    fresh.changed_at = now();
    insert(table_, {module_, fresh});
  }
}

void MigrationRecords::erase(int number) {
  connection_.exec(fmt::format("DELETE FROM {} WHERE module = ? AND number = ?", sql::quoted(table_)), module_, number);
}

void MigrationRecords::note_error(int number, std::string_view error) {
  connection_.exec(
      fmt::format("UPDATE {} SET error = ?, changed_at = ? WHERE module = ? AND number = ?", sql::quoted(table_)),
      std::string(error.substr(0, 900)), now(), module_, number);
}

}  // namespace posthouse::orm::detail
