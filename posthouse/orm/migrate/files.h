#pragma once
// Migrations kept as .sql files. Private to this module; programs call migrations_in and migrate_main.
#include <filesystem>
#include <string>

#include "posthouse/orm/migrate/migration.h"

namespace posthouse::orm::detail {

/// Makes the two files of a new migration behind those of the folder, which is made when it does not exist. Returns the
/// path of NNNN_name.up.sql. Throws sql::Error: usage for a name without letters or digits, io.
std::filesystem::path write_new_migration(const std::filesystem::path& folder, const std::string& name, int number,
                                          const std::string& up, const std::string& down);

}  // namespace posthouse::orm::detail
