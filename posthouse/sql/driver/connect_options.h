#pragma once
// How a connection is made.
#include <chrono>
#include <cstddef>
#include <string>

namespace posthouse::sql {

/// What connect() does beside opening.
struct ConnectOptions {
  std::chrono::milliseconds busy_timeout{5000};  ///< how long a statement waits for another connection's lock
  std::size_t statement_cache = 100;             ///< prepared statements kept for reuse, least recently used dropped
  /// MariaDB: how long connecting may take in all: looking the name up, TCP, TLS and log-in.
  std::chrono::milliseconds connect_timeout{10'000};
  /// MariaDB: how long the server may be silent while something of it is awaited; see Connection::set_answer_timeout.
  std::chrono::milliseconds answer_timeout{600'000};
  /// MariaDB by TCP: how long the server's machine may leave what was sent to it unconfirmed, keep-alives too, before
  /// the connection counts as lost (TCP_USER_TIMEOUT). So a machine that lost its power, or its cable, is noticed long
  /// before answer_timeout. 0: as the system has it, which is hours.
  std::chrono::milliseconds unreachable_after{60'000};
  bool read_only = false;    ///< nothing can be changed
  bool create = true;        ///< SQLite: make the file when it does not exist
  bool foreign_keys = true;  ///< SQLite: REFERENCES are enforced, as MariaDB always does; false: as SQLite alone does
  std::string vfs{};         ///< SQLite: name of the VFS to use; empty for the default
};

}  // namespace posthouse::sql
