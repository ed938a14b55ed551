#include "posthouse/sql/reflection/reflection.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sql/reflection/engines.h"

namespace posthouse::sql {

std::string_view to_string(ForeignKeyAction action) noexcept {
  switch (action) {
    case ForeignKeyAction::restrict:
      return "RESTRICT";
    case ForeignKeyAction::cascade:
      return "CASCADE";
    case ForeignKeyAction::set_null:
      return "SET NULL";
    case ForeignKeyAction::set_default:
      return "SET DEFAULT";
    case ForeignKeyAction::no_action:
      break;
  }
  return "NO ACTION";
}

ForeignKeyAction action_named(std::string_view name) noexcept {
  using enum ForeignKeyAction;
  for (const ForeignKeyAction action : {restrict, cascade, set_null, set_default}) {
    if (name == to_string(action)) {
      return action;
    }
  }
  return no_action;
}

const ColumnInfo* TableInfo::column(std::string_view name) const noexcept {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const ColumnInfo& c) { return iequals(c.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

std::vector<std::string> table_names(Connection& connection) {
  return connection.engine() == "sqlite" ? sqlite_table_names(connection) : mariadb_table_names(connection);
}

bool has_table(Connection& connection, std::string_view name) {
  return connection.engine() == "sqlite" ? sqlite_has_table(connection, name) : mariadb_has_table(connection, name);
}

TableInfo table_info(Connection& connection, std::string_view name) {
  if (!has_table(connection, name)) {
    throw Error(Errc::syntax, fmt::format("there is no table \"{}\"", name));
  }
  return connection.engine() == "sqlite" ? sqlite_table_info(connection, name) : mariadb_table_info(connection, name);
}

}  // namespace posthouse::sql
