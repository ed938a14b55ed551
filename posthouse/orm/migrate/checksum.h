#pragma once
// What tells one text of a migration from another. Private to this module.
#include <cstddef>
#include <string>
#include <vector>

#include "posthouse/orm/migrate/migration.h"

namespace posthouse::orm::detail {

/// SHA-256 over the first `count` steps, in hexadecimal. Line ends (CRLF or LF) make no difference.
std::string checksum(const std::vector<MigrationStep>& steps, std::size_t count);

/// Each statement a step of its own. Throws sql::Error (usage) for BEGIN, COMMIT and the like.
std::vector<MigrationStep> single_steps(const std::vector<MigrationStep>& steps);

}  // namespace posthouse::orm::detail
