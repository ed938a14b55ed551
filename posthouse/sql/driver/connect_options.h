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
  std::chrono::milliseconds connect_timeout{10'000};  ///< MariaDB: how long connecting may take
  bool read_only = false;                             ///< nothing can be changed
  bool create = true;                                 ///< SQLite: make the file when it does not exist
  bool foreign_keys = false;                          ///< SQLite: REFERENCES are enforced, as MariaDB always does
  std::string vfs{};                                  ///< SQLite: name of the VFS to use; empty for the default
};

}  // namespace posthouse::sql
