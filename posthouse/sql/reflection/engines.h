#pragma once
// How each engine tells what its tables look like. Private to this module; programs include reflection.h.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/reflection/reflection.h"

namespace posthouse::sql {

// The functions of reflection.h on SQLite; the table of sqlite_table_info exists.
std::vector<std::string> sqlite_table_names(Connection& connection);
bool sqlite_has_table(Connection& connection, std::string_view name);
TableInfo sqlite_table_info(Connection& connection, std::string_view name);

// And on MariaDB, out of information_schema.
std::vector<std::string> mariadb_table_names(Connection& connection);
bool mariadb_has_table(Connection& connection, std::string_view name);
TableInfo mariadb_table_info(Connection& connection, std::string_view name);

}  // namespace posthouse::sql
