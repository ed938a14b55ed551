#include "posthouse/store/tables/migration.h"

#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

std::unique_ptr<orm::Migrator> migrator_of(sql::Connection& connection, std::string_view module,
                                           std::vector<orm::Migration> migrations) {
  return std::make_unique<orm::Migrator>(connection, std::move(migrations),
                                         orm::MigratorOptions{.table = "schema_migration",
                                                              .module = std::string(module),
                                                              .engine_words = true,
                                                              .lock_wait = std::chrono::seconds(30)});
}

/// Throws schema_too_new where the database knows more.
bool is_up_to_date(orm::Migrator& migrator, const MigrationSet& set) {
  bool up_to_date = true;
  int unknown = 0;
  for (const orm::MigrationStatus& each : migrator.status()) {
    up_to_date = up_to_date && each.state == orm::MigrationState::applied;
    if (each.state == orm::MigrationState::unknown) {
      unknown = each.number;
    }
  }
  if (unknown != 0) {
    throw Error(Errc::schema_too_new,
                fmt::format("the database was made by a newer Posthouse: its {} schema has number {}, this program "
                            "knows up to {}",
                            set.module, unknown, set.migrations.empty() ? 0 : set.migrations.back().number));
  }
  return up_to_date;
}

}  // namespace

int schema_version(sql::Connection& connection, std::string_view module) {
  return migrator_of(connection, module, {})->version();
}

void migrate(sql::Connection& connection, const std::vector<MigrationSet>& sets) {
  std::vector<std::unique_ptr<orm::Migrator>> behind;
  for (const MigrationSet& set : sets) {
    auto migrator = migrator_of(connection, set.module, set.migrations);
    if (!is_up_to_date(*migrator, set)) {
      behind.push_back(std::move(migrator));
    }
  }
  for (const auto& migrator : behind) {
    migrator->up();
  }
}

}  // namespace posthouse::store
