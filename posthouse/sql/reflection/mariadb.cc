#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/sql/reflection/engines.h"

namespace posthouse::sql {
namespace {

// MariaDB writes DEFAULT as an expression ('x' has its quotes); a nullable column without one has the text NULL. MySQL
// writes literals bare, and says in `extra` when it is an expression.
std::optional<std::string> default_of(const std::optional<std::string>& text) {
  return text && *text != "NULL" ? text : std::nullopt;
}

void read_columns(Connection& connection, TableInfo& table) {
  for (const auto& [name, type, nullable, default_sql, extra, collation] :
       connection.query<std::string, std::string, std::string, std::optional<std::string>, std::string,
                        std::optional<std::string>>(
           "SELECT column_name, column_type, is_nullable, column_default, extra, collation_name"
           " FROM information_schema.columns WHERE table_schema = database() AND table_name = ? ORDER BY "
           "ordinal_position",
           table.name)) {
    const std::string more = to_upper(extra);
    const bool generated = more.find("VIRTUAL GENERATED") != std::string::npos ||
                           more.find("STORED GENERATED") != std::string::npos ||
                           more.find("PERSISTENT GENERATED") != std::string::npos;
    table.columns.push_back({name, type, nullable == "YES", default_of(default_sql),
                             more.find("AUTO_INCREMENT") != std::string::npos, generated, collation.value_or("")});
  }
}

void read_indexes(Connection& connection, TableInfo& table) {
  for (const auto& [name, non_unique, column] : connection.query<std::string, bool, std::optional<std::string>>(
           "SELECT index_name, non_unique, column_name FROM information_schema.statistics"
           " WHERE table_schema = database() AND table_name = ? ORDER BY index_name, seq_in_index",
           table.name)) {
    if (name == "PRIMARY") {
      table.primary_key.push_back(column.value_or(""));
      continue;
    }
    if (table.indexes.empty() || table.indexes.back().name != name) {
      table.indexes.push_back({name, {}, !non_unique, false, false});
    }
    table.indexes.back().columns.push_back(column.value_or(""));
  }
}

// Two queries: joined, the server would read the constraints of every database it has.
void read_foreign_keys(Connection& connection, TableInfo& table) {
  for (const auto& [name, on_delete, on_update] : connection.query<std::string, std::string, std::string>(
           "SELECT constraint_name, delete_rule, update_rule FROM information_schema.referential_constraints"
           " WHERE constraint_schema = database() AND table_name = ? ORDER BY constraint_name",
           table.name)) {
    table.foreign_keys.push_back({name, {}, "", {}, action_named(on_delete), action_named(on_update)});
  }
  for (const auto& [name, column, other, referred] :
       connection.query<std::string, std::string, std::string, std::string>(
           "SELECT constraint_name, column_name, referenced_table_name, referenced_column_name"
           " FROM information_schema.key_column_usage WHERE table_schema = database() AND table_name = ?"
           " AND referenced_table_name IS NOT NULL ORDER BY ordinal_position",
           table.name)) {
    const auto key = std::find_if(table.foreign_keys.begin(), table.foreign_keys.end(),
                                  [&name = name](const ForeignKeyInfo& one) { return one.name == name; });
    if (key == table.foreign_keys.end()) {
      continue;  // made between the two queries
    }
    key->table = other;
    key->columns.push_back(column);
    key->referred.push_back(referred);
  }
}

void read_checks(Connection& connection, TableInfo& table) {
  // A CHECK written behind a column is known by the column's name.
  for (const auto& [name, condition] : connection.query<std::string, std::string>(
           "SELECT constraint_name, check_clause FROM information_schema.check_constraints"
           " WHERE constraint_schema = database() AND table_name = ? ORDER BY constraint_name",
           table.name)) {
    table.checks.push_back({name, condition});
  }
}

}  // namespace

std::vector<std::string> mariadb_table_names(Connection& connection) {
  auto names = connection
                   .query<std::string>(
                       "SELECT table_name FROM information_schema.tables"
                       " WHERE table_schema = database() AND table_type = 'BASE TABLE'")
                   .all();
  std::sort(names.begin(), names.end());  // by octets, not by the server's collation
  return names;
}

bool mariadb_has_table(Connection& connection, std::string_view name) {
  return connection.query_one<bool>(
      "SELECT count(*) FROM information_schema.tables"
      " WHERE table_schema = database() AND table_type = 'BASE TABLE' AND table_name = ?",
      name);
}

TableInfo mariadb_table_info(Connection& connection, std::string_view name) {
  TableInfo table;
  table.name = connection.query_one<std::string>(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name = ?", name);
  read_columns(connection, table);
  read_indexes(connection, table);
  read_foreign_keys(connection, table);
  read_checks(connection, table);
  return table;
}

}  // namespace posthouse::sql
