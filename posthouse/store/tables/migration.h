#pragma once
// The migrations of the house's modules, by the ORM's engine (posthouse/orm/migrate/migration.h).
//
// Table schema_migration has the records of all modules. Statements use the words of posthouse/orm/migrate/words.h, and
// so are the same on every engine. On MariaDB a statement that makes a table may have happened without being recorded,
// so such statements are written to be repeatable: CREATE … IF NOT EXISTS.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/migrate/migration.h"
#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// The migrations of one module. What was published is never edited; a later migration corrects it.
struct MigrationSet {
  std::string module{};  ///< "store", "queue"
  std::vector<orm::Migration> migrations{};
};

/// Brings the schema of each module up to date, in the order given. Does nothing to modules not named. Throws
/// store::Error schema_too_new when the database knows a higher number than `sets` does, and as orm::Migrator::up (what
/// was done before stays done; the next call goes on there).
void migrate(sql::Connection& connection, const std::vector<MigrationSet>& sets);

/// The number of the last completed migration of `module`, 0 when there is none. For an empty database too.
int schema_version(sql::Connection& connection, std::string_view module);

}  // namespace posthouse::store
