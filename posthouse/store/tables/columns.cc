#include "posthouse/store/tables/columns.h"

#include <fmt/format.h>

#include "posthouse/orm/migrate/words.h"
#include "posthouse/sql/reflection/reflection.h"

namespace posthouse::store {
namespace {

bool has(sql::Connection& db, const std::string& table, const std::string& column) {
  return sql::table_info(db, table).column(column) != nullptr;
}

}  // namespace

orm::MigrationStep add_column(const std::string& table, const std::string& column, const std::string& type) {
  return {fmt::format("add {}.{} {}", table, column, type), [=](sql::Connection& db) {
            if (!has(db, table, column)) {
              db.exec(orm::in_words_of(db, fmt::format("ALTER TABLE {} ADD COLUMN {} {}", table, column, type)));
            }
          }};
}

orm::MigrationStep drop_column(const std::string& table, const std::string& column) {
  return {fmt::format("drop {}.{}", table, column), [=](sql::Connection& db) {
            if (has(db, table, column)) {
              db.exec(fmt::format("ALTER TABLE {} DROP COLUMN {}", table, column));
            }
          }};
}

}  // namespace posthouse::store
