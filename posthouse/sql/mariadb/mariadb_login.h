#pragma once
// Connecting to a server within a time. Private to this module.
//
// libmariadb looks names up by calls that nothing can end. So a thread of its own connects, and whoever waits for it
// may leave: the thread then stops at its next step and closes what it has.
#include <chrono>
#include <memory>
#include <string>

#include <mysql.h>

namespace posthouse::sql::mariadb {

struct CloseHandle {
  void operator()(MYSQL* mysql) const noexcept { mysql_close(mysql); }
};
using Handle = std::unique_ptr<MYSQL, CloseHandle>;

/// Where a server is, and who comes.
struct Login {
  std::string host;
  unsigned port;
  std::string unix_socket;  ///< empty: by TCP, or by the library's default socket where its options say so
  std::string user;
  std::string password;
  std::string database;

  /// "db.example:3306", for error messages.
  std::string place() const { return unix_socket.empty() ? host + ":" + std::to_string(port) : unix_socket; }
};

/// Connects `mysql`, whose options are set, for non-blocking calls too. Parks a fiber, blocks a thread, for `patience`
/// at the most. Throws sql::Error: connection (when the time is over too), permission; fiber::Error: canceled, and
/// timeout by a DeadlineScope.
Handle log_in(Handle mysql, Login login, std::chrono::milliseconds patience);

}  // namespace posthouse::sql::mariadb
