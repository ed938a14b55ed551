#include "posthouse/store/database/mariadb_database.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/fiber/random.h"
#include "posthouse/sql/connection/transaction.h"
#include "posthouse/store/database/mariadb_turns.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/migration.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

/// Makes a setting that not every server knows.
void try_to_set(sql::Connection& connection, const std::string& name, std::int64_t value) {
  try {
    connection.exec(fmt::format("SET SESSION {} = {}", name, value));
  } catch (const sql::Error& error) {
    if (!error.connection_usable()) {
      throw;
    }
  }
}

// A server that is stopped where it stands, or unreachable, must keep neither senders nor the end of this program
// waiting.
constexpr std::chrono::seconds connect_patience{5};
constexpr std::chrono::seconds longest_silence{20};

/// The URL without user, password and parameters.
std::string without_secrets(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) {
    return "the database";
  }
  std::string rest = url.substr(start + 3);
  rest.resize(std::min(rest.find('?'), rest.size()));
  const std::size_t at = rest.rfind('@');
  if (at != std::string::npos) {
    rest.erase(0, at + 1);
  }
  return url.substr(0, start + 3) + printable(rest);
}

}  // namespace

MariadbDatabase::MariadbDatabase(DataFolder& folder, const DatabaseOptions& options)
    : folder_(folder), options_(options), name_(without_secrets(options.url)) {
  if (!options.url.starts_with("mysql://") && !options.url.starts_with("mariadb://")) {
    throw sql::Error(sql::Errc::usage,
                     "the database is mysql://USER:PASSWORD@HOST:PORT/DATABASE; without one it is a SQLite file in the "
                     "data folder");
  }
  std::error_code error;
  if (fs::exists(folder.path() / "posthouse.db", error)) {
    throw Error(Errc::not_ours,
                fmt::format("the mail of {} is in its posthouse.db: leave the database out, or give an empty folder",
                            folder.path().string()));
  }
}

void MariadbDatabase::explain(const sql::Error& error) const {
  switch (error.errc()) {
    case sql::Errc::permission:
      throw Error(Errc::refused, fmt::format("{}: {}", name_, error.what()));
    case sql::Errc::connection:
    case sql::Errc::lost:
      throw Error(Errc::database, fmt::format("{}: {}", name_, error.what()));
    case sql::Errc::busy:
      throw Error(Errc::locked, fmt::format("{} is locked by another process ({})", name_, error.what()));
    default:
      break;
  }
}

sql::Connection MariadbDatabase::connect(Access access) const {
  return opening(*this, [&] {
    sql::ConnectOptions options;
    options.busy_timeout = options_.patience;
    options.connect_timeout = connect_patience;
    options.unreachable_after = answer_patience();
    options.read_only = access == Access::read;
    if (access == Access::read) {
      options.answer_timeout = answer_patience();
    }
    sql::Connection connection = sql::connect(options_.url, options);
    configure(connection, access);
    return connection;
  });
}

std::chrono::milliseconds MariadbDatabase::answer_patience() const noexcept {
  return std::max<std::chrono::milliseconds>(longest_silence, 2 * options_.patience);
}

void MariadbDatabase::reconnect(sql::Connection& writer) const {
  opening(*this, [&] {
    writer.reconnect();
    configure(writer, Access::write);
  });
}

void MariadbDatabase::configure(sql::Connection& connection, Access access) const {
  connection.exec("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  if (access != Access::write) {
    return;
  }
  // Others may have been told to spare these; a store must not.
  connection.exec("SET SESSION foreign_key_checks = 1, unique_checks = 1");
  // A transaction whose program has vanished lets go of its rows within the lease's time: nobody else can write before.
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(options_.lease).count());
  try_to_set(connection, "idle_write_transaction_timeout", seconds);
  require_durability(connection);
  refuse_foreign(connection);
}

void MariadbDatabase::require_durability(sql::Connection& connection) const {
  const auto refuse = [&](const std::string& name, std::int64_t found, const std::string& why) {
    throw Error(Errc::setting, fmt::format("{0} runs with {1} = {2}, {3}: mail would not be safe there; set {1} = 1",
                                           name_, name, found, why));
  };
  const auto flush = connection.query_one<std::int64_t>("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit");
  if (flush != 1) {
    refuse("innodb_flush_log_at_trx_commit", flush, "which answers a commit before it is on the disk");
  }
  // With a binary log a commit lasts when it is in there.
  const auto [binary_log, sync] =
      connection.query_one<std::int64_t, std::int64_t>("SELECT @@GLOBAL.log_bin, @@GLOBAL.sync_binlog");
  if (binary_log != 0 && sync != 1) {
    refuse("sync_binlog", sync, "which loses the last commits of its binary log");
  }
}

void MariadbDatabase::refuse_foreign(sql::Connection& connection) const {
  if (schema_version(connection, "store") != 0) {
    return;
  }
  const auto tables =
      connection.query<std::string>("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
          .all();
  if (tables.empty()) {
    if (options_.create) {
      return;
    }
    throw Error(Errc::data_folder,
                fmt::format("there is no Posthouse data in {}; posthouse domain add makes it", name_));
  }
  // Made halfway: the table of migrations is there before all others.
  for (const std::string& table : tables) {
    if (table == "schema_migration") {
      return;
    }
  }
  throw Error(Errc::not_ours, name_ + " is a database of another program");
}

void MariadbDatabase::join_folder(sql::Connection& writer) {
  writer.exec(
      "CREATE TABLE IF NOT EXISTS store_state (id INTEGER PRIMARY KEY, identity CHAR(32) NOT NULL, "
      "server_turns BIGINT NOT NULL, tool_turns BIGINT NOT NULL) ENGINE = InnoDB CHARACTER SET ascii");
  MariadbLease::make_table(writer);
  const auto identity = [&] {
    return writer.query_optional<std::string>("SELECT identity FROM store_state WHERE id = 1");
  };
  if (!identity()) {
    if (folder_.has_body_files()) {
      throw Error(Errc::not_ours, fmt::format("{} is new, but {} holds mail of another database: give an empty folder",
                                              name_, folder_.path().string()));
    }
    // Other processes that do the same wait for this row. It lasts when the folder's file does; a crash between the two leaves a
    // file that this accepts.
    try {
      sql::Transaction transaction(writer);
      const std::string fresh = folder_.partner().value_or(fiber::random_hex(16));
      writer.exec("INSERT INTO store_state (id, identity, server_turns, tool_turns) VALUES (1, ?, 0, 0)", fresh);
      folder_.set_partner(fresh);
      transaction.commit();
    } catch (const sql::Error& error) {
      if (error.errc() != sql::Errc::unique) {
        throw;
      }
    }
  }
  if (folder_.partner() != identity()) {
    throw Error(Errc::not_ours,
                fmt::format("{} and the data folder {} do not belong together: large messages of one would be missing, "
                            "and those of the other deleted",
                            name_, folder_.path().string()));
  }
}

void MariadbDatabase::become_server(sql::Connection& writer) {
  auto lease = std::make_unique<MariadbLease>(name_, folder_.place(), options_.lease);
  opening(*this, [&] { lease->take(writer); });
  lease_ = std::move(lease);
}

bool MariadbDatabase::server_running(sql::Connection& db) const {
  return MariadbLease::held(db);
}

std::unique_ptr<Turns> MariadbDatabase::turns() const {
  return std::make_unique<MariadbTurns>(*this, lease_.get());
}

void MariadbDatabase::check_integrity(sql::Connection& db, const Tell& tell) const {
  db.set_answer_timeout(std::chrono::milliseconds(0));  // a large table takes its time
  const auto tables =
      db.query<std::string>(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name")
          .all();
  for (const std::string& table : tables) {
    for (auto [name, operation, kind, text] :
         db.query<std::string, std::string, std::string, std::string>("CHECK TABLE \"" + table + '"')) {
      if (text != "OK") {
        tell(printable(fmt::format("{}: {}: {}", name, kind, text), 500));
      }
    }
  }
}

void MariadbDatabase::check_foreign_keys(sql::Connection& db, const Tell& tell) const {
  const auto keys =
      db.query<std::string, std::string, std::string, std::string>(
            "SELECT table_name, column_name, referenced_table_name, referenced_column_name "
            "FROM information_schema.key_column_usage "
            "WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL ORDER BY table_name, column_name")
          .all();
  for (const auto& [table, column, parent, parent_column] : keys) {
    const auto lost = db.query_one<std::uint64_t>(
        fmt::format(R"(SELECT count(*) FROM "{0}" c LEFT JOIN "{2}" p ON p."{3}" = c."{1}" )"
                    R"(WHERE c."{1}" IS NOT NULL AND p."{3}" IS NULL)",
                    table, column, parent, parent_column));
    if (lost != 0) {
      tell(dangling(lost, table, parent));
    }
  }
}

}  // namespace posthouse::store
