#include "posthouse/store/database/sqlite_database.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/file.h"
#include "posthouse/base/text.h"
#include "posthouse/sql/connection/transaction.h"
#include "posthouse/sql/quoting.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/database/reserve.h"
#include "posthouse/store/error.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

// "Post" in ASCII: tells our database from others' (PRAGMA application_id).
constexpr std::int64_t application_id = 0x506F7374;

constexpr int page_size = 4096;

std::string value_of(sql::Connection& connection, const std::string& name) {
  return sql::to_string(connection.query_one<sql::Value>("PRAGMA " + name));
}

/// Makes a setting and reads it back.
void set(sql::Connection& connection, const std::string& name, const std::string& value, const std::string& expected) {
  connection.exec(fmt::format("PRAGMA {} = {}", name, value));
  const std::string found = value_of(connection, name);
  if (found != expected) {
    throw Error(
        Errc::setting,
        fmt::format("the database does not take the setting {} = {} (it says '{}'); mail would not be safe there", name,
                    value, printable(found)));
  }
}

void set(sql::Connection& connection, const std::string& name, std::int64_t value) {
  set(connection, name, std::to_string(value), std::to_string(value));
}

/// Turns the log on. SQLite does not let a connection that has read wait for another's write lock, or the two could wait
/// for each other: it says busy at once. So it does here when several processes make the database at the same time.
void set_log(sql::Connection& connection, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    try {
      return set(connection, "journal_mode", "WAL", "wal");
    } catch (const sql::Error& error) {
      if (error.errc() != sql::Errc::busy || std::chrono::steady_clock::now() >= deadline) {
        throw;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// PASSIVE: waits for nobody and lets nobody wait.
constexpr const char* checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";

class SqliteLog final : public Log {
 public:
  SqliteLog(sql::Connection connection, std::size_t limit)
      : connection_(std::move(connection)),
        page_size_(connection_.query_one<std::size_t>("PRAGMA page_size")),
        limit_(limit) {}
  bool move() override {
    const auto [busy, pages, moved] = connection_.query_one<int, std::int64_t, std::int64_t>(checkpoint);
    return pages > 0 && static_cast<std::size_t>(pages) * page_size_ >= limit_;
  }

 private:
  sql::Connection connection_;
  const std::size_t page_size_;
  const std::size_t limit_;
};

class SqliteTurns final : public Turns {
 public:
  void begin(sql::Connection& db) override { db.exec("BEGIN IMMEDIATE"); }
  void commit(sql::Connection& db) override {
    fate_ = Fate::unknown;
    db.exec("COMMIT");
    fate_ = Fate::undone;  // this commit has overwritten in the log whatever a failed one had left there
  }
  void move_log(sql::Connection& db) noexcept override {
    try {
      db.exec(checkpoint);
    } catch (const sql::Error&) {  // a full disk, say: the log grows until it can be done
    }
  }
  void leave(sql::Connection&) noexcept override {}
  Fate fate() const noexcept override { return fate_; }

 private:
  Fate fate_ = Fate::undone;
};

}  // namespace

SqliteDatabase::SqliteDatabase(DataFolder& folder, const DatabaseOptions& options)
    : folder_(folder), options_(options), file_(folder.path() / "posthouse.db") {
  if (folder.partner()) {
    throw Error(
        Errc::not_ours,
        fmt::format("the mail of {} is in a database server; say which with --database, or in the configuration",
                    folder.path().string()));
  }
  std::error_code error;
  if (!options_.create && !fs::exists(file_, error)) {
    if (error) {
      throw Error(Errc::data_folder, fmt::format("cannot look into {}: {}; it is another user's",
                                                 folder.path().string(), error.message()));
    }
    throw Error(Errc::data_folder,
                fmt::format("there is no Posthouse data in {}; posthouse domain add makes it", folder.path().string()));
  }
}

void SqliteDatabase::explain(const sql::Error& error) const {
  switch (error.errc()) {
    case sql::Errc::not_a_database:
    case sql::Errc::corrupt:
      throw Error(Errc::not_ours,
                  fmt::format("{} is damaged, or not a database: restore it from a backup ({})", name(), error.what()));
    case sql::Errc::busy:
      throw Error(Errc::locked, fmt::format("{} is locked by another process ({})", name(), error.what()));
    case sql::Errc::connection:
    case sql::Errc::permission:
    case sql::Errc::read_only: {
      const std::string what = error.what();
      throw Error(Errc::data_folder, what.find(file_.string()) != std::string::npos ? what : name() + ": " + what);
    }
    default:
      break;
  }
}

/// Makes an empty file for the database, that nobody else may read; SQLite's other files take its rights.
void SqliteDatabase::make_file() const {
  std::error_code error;
  if (fs::exists(file_, error) && fs::file_size(file_, error) > 0) {
    return;
  }
  if (folder_.has_body_files()) {
    throw Error(
        Errc::not_ours,
        fmt::format("{} is not there, but {} holds files of its mail: put the database back (from a backup), or "
                    "give an empty folder for a new house",
                    file_.string(), (folder_.path() / "bodies").string()));
  }
  (void)FileDescriptor::open(file_, O_RDWR | O_CREAT, 0600);  // a failure shows when SQLite opens it
}

sql::Connection SqliteDatabase::connect(Access access) const {
  if (options_.create && access == Access::write) {
    make_file();
  }
  return opening(*this, [&] {
    sql::ConnectOptions options;
    options.busy_timeout = options_.patience;
    options.create = options_.create && access == Access::write;
    options.read_only = access == Access::read;
    options.vfs = options_.vfs;
    sql::Connection connection = sql::connect(sql::sqlite_url(file_.string()), options);
    configure(connection, access);
    return connection;
  });
}

void SqliteDatabase::join_folder(sql::Connection&) {}

void SqliteDatabase::become_server(sql::Connection& writer) {
  if (options_.vfs.empty()) {
    preallocate_log(writer);
  }
}

bool SqliteDatabase::server_running(sql::Connection&) const {
  return DataFolder::locked(folder_.path());
}

std::unique_ptr<Turns> SqliteDatabase::turns() const {
  return std::make_unique<SqliteTurns>();
}

std::unique_ptr<Log> SqliteDatabase::log() const {
  return std::make_unique<SqliteLog>(connect(Access::write), options_.wal_limit);
}

/// Gives the log its full size from the start when there is plenty of space: a commit that overwrites waits about half
/// as long for the disk as one that makes the file longer. SQLite takes zeros for the end of the log. Failures are of
/// no consequence.
void SqliteDatabase::preallocate_log(sql::Connection& writer) const {
  try {
    const fs::path log = file_.string() + "-wal";
    if (free_octets(folder_.path()) / 20 < options_.wal_limit) {
      return;
    }
    const sql::Transaction nobody_else_writes(writer, sql::TransactionMode::immediate);
    const FileDescriptor file = FileDescriptor::open(log, O_WRONLY);
    const off_t used = ::lseek(file.get(), 0, SEEK_END);
    if (used < 0) {
      return;
    }
    const std::string zeros(256 * 1024, '\0');
    int error = 0;
    for (auto size = static_cast<std::size_t>(used); size < options_.wal_limit && error == 0; size += zeros.size()) {
      error = write_all(file.get(), zeros);
    }
    if (error != 0 || ::fsync(file.get()) != 0) {
      (void)!::ftruncate(file.get(), used);
    }
  } catch (const std::exception&) {  // then the log grows as it is used
  }
}

void SqliteDatabase::refuse_foreign(sql::Connection& connection) const {
  // In this order: another process may be making the database at this moment, and sets the id before it makes tables.
  const auto tables = connection.query_one<std::int64_t>("SELECT count(*) FROM sqlite_master");
  const auto id = connection.query_one<std::int64_t>("PRAGMA application_id");
  if (id == application_id) {
    return;
  }
  if (id != 0 || tables != 0) {
    throw Error(Errc::not_ours, name() + " is a database of another program");
  }
}

void SqliteDatabase::configure(sql::Connection& connection, Access access) const {
  set(connection, "busy_timeout", options_.patience.count());
  refuse_foreign(connection);
  set(connection, "foreign_keys", 1);
  set(connection, "cell_size_check", 1);
  // Temporary tables and the copies of pages that savepoints need stay in memory.
  set(connection, "temp_store", 2);
  if (access == Access::read) {
    set(connection, "query_only", 1);
    set(connection, "cache_size", -1024);
    return;
  }
  if (connection.query_one<std::int64_t>("PRAGMA page_count") == 0) {
    set(connection, "page_size", page_size);
  }
  // The log is synced before a commit returns (2 = FULL), and moved into the database by our own threads only.
  set_log(connection, options_.patience);
  set(connection, "synchronous", 2);
  set(connection, "wal_autocheckpoint", 0);
  set(connection, "journal_size_limit", static_cast<std::int64_t>(options_.wal_limit));
  set(connection, "cache_size", -16 * 1024);
  if (connection.query_one<std::int64_t>("PRAGMA application_id") == 0) {
    set(connection, "application_id", application_id);
  }
}

void SqliteDatabase::check_integrity(sql::Connection& db, const Tell& tell) const {
  const auto look = [&](const std::string& pragma) {
    for (auto [line] : db.query<std::string>(pragma)) {
      if (line != "ok") {
        tell(printable(line, 500));
      }
    }
  };
  if (!server_running(db)) {
    look("PRAGMA integrity_check");
    return;
  }
  // Table by table, each as it is at a moment of its own: while one is read the server's log cannot begin anew.
  for (const std::string& table : db.query<std::string>("SELECT name FROM sqlite_master WHERE type = 'table'").all()) {
    look("PRAGMA integrity_check(" + sql::quoted(table) + ")");
  }
}

void SqliteDatabase::check_foreign_keys(sql::Connection& db, const Tell& tell) const {
  std::map<std::pair<std::string, std::string>, std::uint64_t> without_number;  // of tables without rowid
  for (auto [table, row, parent, key] :
       db.query<std::string, std::optional<std::int64_t>, std::string, std::int64_t>("PRAGMA foreign_key_check")) {
    if (row) {
      tell(fmt::format("{} row {} refers to a {} that does not exist", table, *row, parent));
    } else {
      ++without_number[{table, parent}];
    }
  }
  for (const auto& [names, rows] : without_number) {
    tell(dangling(rows, names.first, names.second));
  }
}

}  // namespace posthouse::store
