#pragma once
// The URL of a SQLite database. Private to this module.
#include <string>
#include <string_view>

namespace posthouse::sql {

/// Whether `url` names a database in memory, which lives and dies with its one connection.
bool is_sqlite_memory(std::string_view url) noexcept;

/// What a URL names, and how it is to be opened.
struct SqlitePlace {
  std::string file{};  ///< or ":memory:"
  bool read_only = false;
  bool create = true;
};

/// What `url` ("sqlite://…") says. Throws Error (usage), also for parameters nobody knows.
SqlitePlace parse_sqlite_url(std::string_view url);

}  // namespace posthouse::sql
