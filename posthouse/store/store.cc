#include "posthouse/store/store.h"

#include <filesystem>

#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/commit/maintenance.h"
#include "posthouse/store/database/data_folder.h"
#include "posthouse/store/database/database.h"
#include "posthouse/store/tables/schema.h"

namespace posthouse::store {
namespace {

void bring_up_to_date(sql::Connection& db, const StoreOptions& options) {
  std::vector<MigrationSet> sets{store_migrations()};
  sets.insert(sets.end(), options.migrations.begin(), options.migrations.end());
  migrate(db, sets);
  register_references(db, options.references);
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
  std::vector<std::string> holders;
  opening(*database_, [&] {
    bring_up_to_date(connection, options_);
    holders = holder_queries(registered_references(connection));
    database_->join_folder(connection);
  });
  if (options_.server) {
    database_->become_server(connection);
  }
  bodies_ = std::make_unique<BodyFolder>(folder_->path());
  try {
    bodies_->make();
    if (options_.server) {
      sweep_ = bodies_->sweep([&](const std::string& name) {
        return connection
            .query_optional<int>(
                "SELECT 1 FROM message_file WHERE name = ? UNION ALL SELECT 1 FROM dead_file WHERE name = ?", name,
                name)
            .has_value();
      });
    }
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(Errc::data_folder, error.what());
  }
  const bool dead_files = connection.query_optional<int>("SELECT 1 FROM dead_file LIMIT 1").has_value();
  // No job comes before this constructor has returned, so the writer finds its housekeeper.
  const auto after_commit = [this](const Committed& batch) {
    maintenance_->written(batch.octets, batch.file_died);
    if (!batch.changes.empty()) {
      listeners_.tell(batch.changes);
    }
  };
  writer_ = std::make_unique<Writer>(std::move(connection), database_->turns(), options_.writer, std::move(holders),
                                     after_commit);
  maintenance_ = std::make_unique<Maintenance>(database_->log(), *bodies_, *writer_, options_.wal_limit);
  readers_ = std::make_unique<Readers>(options_.readers, [this] { return database_->connect(Access::read); });
  messages_ = std::make_unique<MessageReader>(*readers_, *bodies_);
  accounts_ = std::make_unique<Accounts>(*writer_, *readers_);
  maintenance_->written(0, dead_files && options_.server);
}

Store::~Store() {
  stop();
  accounts_.reset();
  messages_.reset();
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
