#pragma once
// Migrations from .sql files.
#include <filesystem>
#include <string_view>
#include <vector>

#include "posthouse/orm/migrate/migration.h"

namespace posthouse::orm {

/// The migrations of a folder, by number. Files are named
///
///     0001_create_users.up.sql          what to do
///     0001_create_users.down.sql        how to undo it; may be missing
///     0002_counters.up.sqlite.sql       only on that engine ("sqlite", "mariadb"), instead of the one for all
///
/// and hold statements, separated as split_statements says. Other files are not looked at. Throws sql::Error: usage for
/// a number used twice, a way down without a way up, a .sql file named otherwise, DELIMITER; io for what cannot be
/// read; too_big for more than 16 MiB.
std::vector<Migration> migrations_in(const std::filesystem::path& folder, std::string_view engine);

}  // namespace posthouse::orm
