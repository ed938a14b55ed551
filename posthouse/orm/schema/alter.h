#pragma once
// The statements that make a table what is wanted. Private to this module.
#include <string>
#include <vector>

#include "posthouse/orm/schema/compare.h"
#include "posthouse/sql/connection/connection.h"

namespace posthouse::orm::detail {

/// What mends a difference; see SchemaDiff.
struct Mending {
  std::vector<std::string> columns{};      ///< To be run before missing tables, which may refer to them, are made.
  std::vector<std::string> constraints{};  ///< After that: they may refer to such tables.
  std::vector<std::string> dropping{};
  std::string why_not{};  ///< Where it cannot be done by statements: in words.
};

Mending mend(sql::Connection& connection, const TableDifference& difference);

/// SQLite: the statements that write a table anew as it is wanted, with all that it has beside; nothing, and `why` not,
/// when the table is one that cannot be.
std::vector<std::string> rebuild(sql::Connection& connection, const TableDifference& difference, std::string& why_not);

}  // namespace posthouse::orm::detail
