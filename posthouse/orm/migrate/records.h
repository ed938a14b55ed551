#pragma once
// The table in which migrations are recorded. Private to this module.
//
// One table may have the records of several modules. Tables that earlier releases made are read as they are and written
// anew before the first record is written:
//   without `module`      (the ORM's, one module only)
//   without `checksum`    (the store's; steps were whole scripts, changed_at a number of microseconds since 1970)
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::orm::detail {

/// What is known of one migration that was begun.
struct MigrationRecord {
  int number = 0;
  std::string name{};
  std::string checksum{};  ///< Of the steps done; empty: not known, whatever the text is now was applied.
  bool down = false;
  std::size_t steps_done = 0;
  std::size_t steps = 0;
  std::chrono::sys_time<std::chrono::microseconds> changed_at{};
  std::optional<std::string> error{};

  bool in_the_middle() const noexcept { return down || steps_done < steps; }
};

class MigrationRecords {
 public:
  /// Those of `module` in `table`. `connection` must outlive it.
  MigrationRecords(sql::Connection& connection, std::string table, std::string module)
      : connection_(connection), table_(std::move(table)), module_(std::move(module)) {}

  const std::string& table() const noexcept { return table_; }
  /// By number; none where there is no table. Changes nothing.
  std::vector<MigrationRecord> read() const;
  /// Makes the table, or writes one of an earlier release anew.
  void make();
  /// Puts the record in the place of the one with its number, if there is one. Its `changed_at` becomes the present
  /// time.
  void write(const MigrationRecord& record);
  void erase(int number);
  /// Notes why the migration stopped.
  void note_error(int number, std::string_view error);

 private:
  struct Layout;
  using OfModule = std::pair<std::string, MigrationRecord>;
  std::optional<Layout> layout() const;
  std::vector<OfModule> read_all(const Layout& layout) const;
  void create(const std::string& name);
  std::string outdated() const;
  void insert(const std::string& table, const OfModule& record);
  void write_anew(const Layout& layout);

  sql::Connection& connection_;
  const std::string table_;
  const std::string module_;
};

}  // namespace posthouse::orm::detail
