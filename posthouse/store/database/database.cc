#include "posthouse/store/database/database.h"

#include <fmt/format.h>

#include "posthouse/store/database/mariadb_database.h"
#include "posthouse/store/database/sqlite_database.h"

namespace posthouse::store {

std::unique_ptr<Database> open_database(DataFolder& folder, const DatabaseOptions& options) {
  if (options.url.empty()) {
    return std::make_unique<SqliteDatabase>(folder, options);
  }
  return std::make_unique<MariadbDatabase>(folder, options);
}

std::string dangling(std::uint64_t rows, const std::string& table, const std::string& parent) {
  return fmt::format("{} {} of {} {} to a {} that does not exist", rows, rows == 1 ? "row" : "rows", table,
                     rows == 1 ? "refers" : "refer", parent);
}

}  // namespace posthouse::store
