#pragma once
// What the store asks of the engine under it beside SQL: connections with every setting that durability rests on, a
// writer's transactions, the right to be the one server, and a look at the engine's own health. Private to this module.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/database/data_folder.h"

namespace posthouse::store {

struct StoreOptions;

/// What a connection is for.
enum class Access { write, read };

/// What became of commits that failed.
enum class Fate {
  unknown,  ///< they may still turn out to have happened
  undone,   ///< nobody will ever see anything of them
  done      ///< they have happened after all
};

/// How batches are begun and made durable. Used by the writer's thread only.
class Turns {
 public:
  virtual ~Turns() = default;
  /// Begins a transaction in which nobody else writes to the store; on a new connection where the old one has broken.
  /// What became of failed commits is known when it returns, except on SQLite. Throws sql::Error; store::Error as
  /// Database::connect, in_use.
  virtual void begin(sql::Connection& db) = 0;
  /// Returns when the transaction is on stable storage. Throws sql::Error when it is undone, and when what became of it
  /// could not be found out in time.
  virtual void commit(sql::Connection& db) = 0;
  /// Between two batches: moves what is left of the engine's log into the database, where that is the store's business
  /// (Log::move). Failures are of no consequence.
  virtual void move_log(sql::Connection& db) noexcept = 0;
  /// The last call: lets go of the right to be the server. Failures are of no consequence.
  virtual void leave(sql::Connection& db) noexcept = 0;
  /// While nothing is written, beat() is to be called that often; 0: never.
  virtual std::chrono::milliseconds beat_every() const noexcept { return {}; }
  /// Shows others that the server is alive. Failures are of no consequence.
  virtual void beat(sql::Connection&) noexcept {}
  /// Of the commits that have thrown.
  virtual Fate fate() const noexcept = 0;
};

/// The write-ahead log of an engine that leaves it to the store to move it into the database.
class Log {
 public:
  virtual ~Log() = default;
  /// Moves what can be moved without hindering anybody. True when the log has grown to its limit nonetheless: then the
  /// writer has to do the rest (Turns::move_log). Throws sql::Error.
  virtual bool move() = 0;
};

/// One database. Safe to use from several threads once the store is open.
class Database {
 public:
  virtual ~Database() = default;

  /// For error messages; without secrets.
  virtual std::string name() const = 0;
  /// A connection with every setting made, and read back where durability rests on it. Throws store::Error
  /// not_ours, locked, setting, data_folder, database.
  virtual sql::Connection connect(Access access) const = 0;
  /// Throws the store::Error that says why the database is no good; returns when `error` is about something else.
  virtual void explain(const sql::Error& error) const = 0;

  /// Called once, with the schema up to date: sees to it that database and folder belong together. Throws
  /// store::Error not_ours.
  virtual void join_folder(sql::Connection& writer) = 0;
  /// Takes the right to be the one server on this database, until Turns::leave. Waits for a server that may be alive, for
  /// DatabaseOptions::lease at most. Throws store::Error in_use, which names the other one.
  virtual void become_server(sql::Connection& writer) = 0;
  virtual bool server_running(sql::Connection& db) const = 0;
  virtual std::unique_ptr<Turns> turns() const = 0;
  /// On a connection of its own; null where the engine looks after its log itself. Throws as connect.
  virtual std::unique_ptr<Log> log() const = 0;

  using Tell = std::function<void(const std::string& problem)>;
  /// The engine's own test of what it has stored.
  virtual void check_integrity(sql::Connection& db, const Tell& tell) const = 0;
  virtual void check_foreign_keys(sql::Connection& db, const Tell& tell) const = 0;
};

/// What opening the database needs to be told.
struct DatabaseOptions {
  std::string url{};                     ///< of a server; empty for the SQLite file in the folder
  std::string vfs{};                     ///< SQLite VFS, for tests
  std::chrono::milliseconds patience{};  ///< how long a statement waits for another's lock
  std::chrono::milliseconds lease{};     ///< how long a server is taken for alive after its last sign of life
  std::size_t wal_limit = 0;             ///< octets of SQLite's log
  bool create = false;                   ///< make what is missing
};

/// The database that belongs to `folder`, which must outlive it. Connects to nothing yet. Throws store::Error
/// data_folder, not_ours; sql::Error usage for a bad URL.
std::unique_ptr<Database> open_database(DataFolder& folder, const DatabaseOptions& options);

/// "2 rows of T refer to a P that does not exist"
std::string dangling(std::uint64_t rows, const std::string& table, const std::string& parent);

/// Runs `f`; a sql::Error of it goes through Database::explain.
template <class F>
auto opening(const Database& database, F&& f) {
  try {
    return f();
  } catch (const sql::Error& error) {
    database.explain(error);
    throw;
  }
}

}  // namespace posthouse::store
