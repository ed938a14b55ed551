#pragma once
// How SQLite tells what its tables look like. Private to this module; programs include reflection.h.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/reflection.h"

namespace posthouse::sql {

std::vector<std::string> sqlite_table_names(Connection& connection);
bool sqlite_has_table(Connection& connection, std::string_view name);
/// The table exists.
TableInfo sqlite_table_info(Connection& connection, std::string_view name);

}  // namespace posthouse::sql
