#include "posthouse/store/store.h"

#include <algorithm>
#include <system_error>

#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/commit/maintenance.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/database/data_folder.h"
#include "posthouse/store/database/database.h"
#include "posthouse/store/tables/schema.h"

namespace posthouse::store {
namespace {

bool is_identifier(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void bring_up_to_date(sql::Connection& db, const StoreOptions& options) {
  std::vector<MigrationSet> sets{store_migrations()};
  sets.insert(sets.end(), options.migrations.begin(), options.migrations.end());
  migrate(db, sets);
  for (const MessageReference& reference : options.references) {
    const bool known =
        db.query_one<int>("SELECT count(*) FROM message_reference WHERE table_name = ? AND column_name = ?",
                          reference.table, reference.column) != 0;
    if (known) {
      continue;
    }
    if (!is_identifier(reference.table) || !is_identifier(reference.column)) {
      throw Error(Errc::invalid_name, "not a table and column: " + reference.table + "." + reference.column);
    }
    db.exec("INSERT INTO message_reference (table_name, column_name) VALUES (?, ?)", reference.table, reference.column);
  }
}

/// For each column that holds messages, the query that asks whether it holds a given one.
std::vector<std::string> held_queries(sql::Connection& db) {
  std::vector<std::string> queries;
  for (auto [table, column] : db.query<std::string, std::string>(
           "SELECT table_name, column_name FROM message_reference ORDER BY table_name, column_name")) {
    if (!is_identifier(table) || !is_identifier(column)) {
      throw Error(Errc::not_ours, "message_reference names a strange table: " + table + "." + column);
    }
    queries.push_back("SELECT 1 FROM " + table + " WHERE " + column + " = ? LIMIT 1");
  }
  return queries;
}

}  // namespace

std::shared_ptr<Store> Store::open(StoreOptions options) {
  return std::shared_ptr<Store>(new Store(std::move(options)));
}

Store::Store(StoreOptions options) : options_(std::move(options)) {
  folder_ = std::make_unique<DataFolder>(options_.data_dir, options_.create);
  database_ = open_database(*folder_, {.url = options_.database,
                                       .vfs = options_.vfs,
                                       .patience = options_.busy_timeout,
                                       .wal_limit = options_.wal_limit,
                                       .create = options_.create});
  if (options_.server) {
    folder_->lock();
  }
  sql::Connection connection = database_->connect(Access::write);
  opening(*database_, [&] {
    bring_up_to_date(connection, options_);
    held_queries_ = held_queries(connection);
    database_->join_folder(connection);
  });
  if (options_.server) {
    database_->become_server(connection);
  }
  bodies_ = std::make_unique<BodyFolder>(folder_->path());
  try {
    bodies_->make();
    if (options_.server) {
      bodies_->remove_orphans([&](const std::string& name) {
        return connection.query_optional<int>("SELECT 1 FROM message_file WHERE name = ?", name).has_value();
      });
    }
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(Errc::data_folder, error.what());
  }
  const bool dead_files = connection.query_optional<int>("SELECT 1 FROM dead_file LIMIT 1").has_value();
  // No job comes before this constructor has returned, so the writer finds its housekeeper.
  writer_ = std::make_unique<Writer>(std::move(connection), database_->turns(), options_.writer,
                                     [this](std::size_t octets) { maintenance_->written(octets); });
  std::optional<sql::Connection> log;
  if (database_->has_log()) {
    log = database_->connect(Access::log);
  }
  maintenance_ = std::make_unique<Maintenance>(std::move(log), *bodies_, *writer_, options_.wal_limit);
  readers_ = std::make_unique<Readers>(options_.readers, [this] { return database_->connect(Access::read); });
  accounts_ = std::make_unique<Accounts>(*this);
  if (dead_files && options_.server) {
    maintenance_->files_died();
    maintenance_->written(0);
  }
}

Store::~Store() {
  stop();
  accounts_.reset();
  readers_.reset();
  maintenance_.reset();
  writer_.reset();
}

void Store::stop() noexcept {
  if (maintenance_) {
    maintenance_->stop();
  }
  if (writer_) {
    writer_->stop();
  }
}

BodyWriter Store::new_body() {
  return BodyWriter(*bodies_, options_.body_threshold);
}

}  // namespace posthouse::store
