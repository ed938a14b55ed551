#include "posthouse/store/store.h"

#include <filesystem>
#include <utility>

#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/commit/maintenance.h"
#include "posthouse/store/database/acknowledged.h"
#include "posthouse/store/database/data_folder.h"
#include "posthouse/store/database/database.h"
#include "posthouse/store/database/reserve.h"
#include "posthouse/store/mailboxes/removal.h"
#include "posthouse/store/tables/files.h"
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
                                       .lease = options_.lease,
                                       .wal_limit = options_.wal_limit,
                                       .create = options_.create});
  if (options_.server) {
    folder_->lock();
  }
  reserve_ = std::make_unique<Reserve>(folder_->path(), options_.database.empty() ? options_.reserve : 0);
  sql::Connection connection = connect_writer();
  std::string unheld;
  opening(*database_, [&] {
    bring_up_to_date(connection, options_);
    unheld = unheld_condition(registered_references(connection));
    database_->join_folder(connection);
  });
  if (options_.server) {
    database_->become_server(connection);
    reserve_->make();
  }
  bodies_ = std::make_unique<BodyFolder>(folder_->path());
  try {
    bodies_->make();
    if (options_.server) {
      sweep_ = bodies_->sweep([&](std::string_view inner) { return named_files(connection, inner); });
    }
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(Errc::data_folder, error.what());
  }
  if (options_.server && options_.database.empty()) {
    missing_ = missing_messages(connection, folder_->path());
    acknowledged_ = std::make_unique<Acknowledged>(folder_->path());
  }
  const bool left = connection.query_optional<int>("SELECT 1 FROM dead_file LIMIT 1").has_value() ||
                    connection.query_optional<int>("SELECT 1 FROM dead_mailbox LIMIT 1").has_value();
  // No job comes before this constructor has returned, so the writer finds its housekeeper.
  const auto after_commit = [this](const Committed& batch) {
    if (acknowledged_ && batch.last_message != 0) {
      acknowledged_->note(batch.last_message);
    }
    maintenance_->written(batch.octets, batch.left_for_housekeeper);
    if (!batch.changes.empty()) {
      listeners_.tell(batch.changes);
    }
  };
  writer_ = std::make_unique<Writer>(std::move(connection), database_->turns(), options_.writer, std::move(unheld),
                                     after_commit, [this] { return reserve_->give_back(); });
  maintenance_ = std::make_unique<Maintenance>(database_->log(), *bodies_, *reserve_, *writer_, options_.wal_limit,
                                               empty_dead_mailboxes);
  readers_ = std::make_unique<Readers>(options_.most_readers(), [this] { return database_->connect(Access::read); });
  messages_ = std::make_unique<MessageReader>(*readers_, *bodies_);
  accounts_ = std::make_unique<Accounts>(*writer_, *readers_);
  maintenance_->written(0, left && options_.server);
}

/// SQLite needs some room even to open a database.
sql::Connection Store::connect_writer() {
  try {
    return database_->connect(Access::write);
  } catch (const posthouse::Error&) {
    if (!reserve_->full_disk() || !reserve_->give_back()) {
      throw;
    }
  }
  return database_->connect(Access::write);
}

Store::~Store() {
  stop();
  looker_.reset();
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

bool Store::has_room(std::uint64_t octets) {
  const std::uint64_t free = free_octets(folder_->path());
  if (free >= octets || !options_.database.empty()) {
    return free >= octets;
  }
  return free + read([](Read& read) {
           return own_tables(read).query_one<std::uint64_t>("PRAGMA freelist_count") *
                  own_tables(read).query_one<std::uint64_t>("PRAGMA page_size");
         }) >=
         octets;
}

bool Store::may_have_changed() {
  if (!options_.database.empty()) {
    return true;
  }
  return fiber::blocking([&] {
    const std::lock_guard lock(looking_);
    if (looker_ == nullptr) {
      looker_ = std::make_unique<sql::Connection>(database_->connect(Access::read));
    }
    const auto version = looker_->query_one<std::uint64_t>("PRAGMA data_version");
    return std::exchange(seen_version_, version) != version;
  });
}

std::filesystem::path Store::file_of(const StoredBody& body) const {
  return bodies_->path(body.file_name());
}

BodyWriter Store::new_body() {
  return BodyWriter(*bodies_, options_.body_threshold);
}

}  // namespace posthouse::store
