#pragma once
// What the tables of a database look like, told alike for every engine.
//
//     for (const std::string& name : sql::table_names(db))
//       for (const sql::ColumnInfo& column : sql::table_info(db, name).columns)
//         std::cout << name << '.' << column.name << ' ' << column.type << '\n';
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::sql {

/// A column of a table.
struct ColumnInfo {
  std::string name{};
  std::string type{};  ///< As it was declared (SQLite), or as the engine writes it: "bigint(20)", "varchar(40)".
  bool nullable = true;
  std::optional<std::string> default_sql{};  ///< The expression of DEFAULT; nothing where there is none.
  bool auto_increment = false;               ///< The database numbers rows that are inserted without a value.
  bool generated = false;                    ///< Computed from other columns; cannot be written.
  std::string collation{};  ///< By which text is compared: as COLLATE was written (SQLite), or as MariaDB names it.
  bool operator==(const ColumnInfo&) const = default;
};

/// What happens to a row when the row it refers to is deleted, or its key changed. On MariaDB `restrict` and
/// `no_action` are the same.
enum class ForeignKeyAction : std::uint8_t { no_action, restrict, cascade, set_null, set_default };

/// As SQL writes it: "ON DELETE" is followed by "SET NULL".
std::string_view to_string(ForeignKeyAction action) noexcept;
/// The action that SQL writes like that; no_action for anything else.
ForeignKeyAction action_named(std::string_view name) noexcept;

struct ForeignKeyInfo {
  std::string name{};                  ///< Of the constraint; empty on SQLite, which does not tell it.
  std::vector<std::string> columns{};  ///< In the order of `referred`.
  std::string table{};                 ///< That it refers to.
  std::vector<std::string> referred{};
  ForeignKeyAction on_delete = ForeignKeyAction::no_action;
  ForeignKeyAction on_update = ForeignKeyAction::no_action;
  bool operator==(const ForeignKeyInfo&) const = default;
};

/// An index, or a UNIQUE constraint, which is one. The primary key is none of them.
struct IndexInfo {
  std::string name{};
  std::vector<std::string> columns{};  ///< In order; an expression instead of a column is "".
  bool unique = false;
  bool partial = false;     ///< SQLite: of some rows only (CREATE INDEX … WHERE).
  bool constraint = false;  ///< SQLite: made by UNIQUE in CREATE TABLE, so DROP INDEX cannot drop it.
  bool operator==(const IndexInfo&) const = default;
};

struct CheckInfo {
  std::string name{};       ///< Of the constraint; empty where it has none.
  std::string condition{};  ///< What is in the parentheses. SQLite: as it was written; MariaDB: as it writes it.
  bool operator==(const CheckInfo&) const = default;
};

struct TableInfo {
  std::string name{};
  std::vector<ColumnInfo> columns{};       ///< In the table's order.
  std::vector<std::string> primary_key{};  ///< Its columns in order; empty when there is none.
  std::vector<ForeignKeyInfo> foreign_keys{};
  std::vector<IndexInfo> indexes{};  ///< Sorted by name, UNIQUE constraints included.
  std::vector<CheckInfo> checks{};
  /// The column of that name (names are compared without regard to ASCII case), or null.
  const ColumnInfo* column(std::string_view name) const noexcept;
  bool operator==(const TableInfo&) const = default;
};

/// The names of the tables of the database (no views, nothing of the engine's own), sorted.
std::vector<std::string> table_names(Connection& connection);

/// Whether there is a table of that name.
bool has_table(Connection& connection, std::string_view name);

/// The table of that name. Throws Error (syntax) when there is none.
TableInfo table_info(Connection& connection, std::string_view name);

}  // namespace posthouse::sql
