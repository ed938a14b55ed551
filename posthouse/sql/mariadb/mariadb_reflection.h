#pragma once
// How MariaDB tells what its tables look like: information_schema. Private to this module; programs include
// reflection.h.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/reflection.h"

namespace posthouse::sql {

std::vector<std::string> mariadb_table_names(Connection& connection);
bool mariadb_has_table(Connection& connection, std::string_view name);
/// The table exists.
TableInfo mariadb_table_info(Connection& connection, std::string_view name);

}  // namespace posthouse::sql
