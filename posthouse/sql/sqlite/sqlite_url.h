#pragma once
// The URL of a SQLite database. Private to this module.
#include <string>
#include <string_view>

namespace posthouse::sql {

/// Whether `url` names a database in memory, which lives and dies with its one connection.
bool is_sqlite_memory(std::string_view url) noexcept;

/// The file that `url` ("sqlite://…") names, or ":memory:". Throws Error (usage).
std::string sqlite_file(std::string_view url);

}  // namespace posthouse::sql
