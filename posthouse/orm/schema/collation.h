#pragma once
// How text is compared. Private to this module.
#include <string>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::orm::detail {

/// Whether the server behind `connection` is MySQL, not MariaDB, whose SQL is almost the same.
bool is_mysql(sql::Connection& connection);

/// The server's collation, of utf8mb4, by which text is equal when its octets are, as sessions compare keys: blanks at
/// the end count. Empty for SQLite, which does so by itself.
std::string octet_collation(sql::Connection& connection);

}  // namespace posthouse::orm::detail
