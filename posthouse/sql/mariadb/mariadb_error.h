#pragma once
// What a MariaDB or MySQL server and its client library report, as sql::Error. Private to this module.
#include <string_view>

#include <mysql.h>

namespace posthouse::sql::mariadb {

/// Throws what the last call on `mysql` failed with. `sql` is the statement, empty where there was none.
[[noreturn]] void fail(MYSQL* mysql, std::string_view sql);
/// The same for a call on a prepared statement.
[[noreturn]] void fail(MYSQL_STMT* statement, std::string_view sql);
/// Whether the connection has ended with a failure of that code, or can no longer be trusted to give the right answers:
/// what the client library reports by itself is such, whatever it is, for nobody knows then what is still under way.
bool ends_connection(unsigned code) noexcept;
/// Throws what connecting to `where` failed with.
[[noreturn]] void fail_to_connect(MYSQL* mysql, std::string_view where);

}  // namespace posthouse::sql::mariadb
