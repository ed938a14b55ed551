#include "posthouse/store/database/database.h"

#include "posthouse/store/database/mariadb_database.h"
#include "posthouse/store/database/sqlite_database.h"

namespace posthouse::store {

std::unique_ptr<Database> open_database(DataFolder& folder, const DatabaseOptions& options) {
  if (options.url.empty()) {
    return std::make_unique<SqliteDatabase>(folder, options);
  }
  return std::make_unique<MariadbDatabase>(folder, options);
}

}  // namespace posthouse::store
