#pragma once
// Steps of migrations that change columns. They look first, so that they can be repeated on engines that commit with
// every change of a table and may be cut off before it is recorded.
#include <string>

#include "posthouse/orm/migrate/migration.h"

namespace posthouse::store {

/// Adds a column, NULL in the rows that are there. `type` may have words of posthouse/orm/migrate/words.h.
orm::MigrationStep add_column(const std::string& table, const std::string& column, const std::string& type);
orm::MigrationStep drop_column(const std::string& table, const std::string& column);

}  // namespace posthouse::store
