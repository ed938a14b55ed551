#pragma once
// The store in a database of a MariaDB server. Private to this module.
//
// Large bodies stay files in the data folder, so folder and database belong together: both know the same identity
// (table store_state; file <data>/database), and one of them with another partner is refused.
//
// Invariants.
//  1. Whoever writes first changes the one row of store_state and keeps it locked until its transaction ends: writers
//     take turns, as SQLite's do, and so do those on other nodes of a Galera cluster (the later commit is refused).
//  2. The one server holds a lease (mariadb_lease.h), which each of its transactions checks. A server that has lost it
//     writes no more until it is free again.
#include <memory>

#include "posthouse/store/database/database.h"
#include "posthouse/store/database/mariadb_lease.h"

namespace posthouse::store {

class MariadbDatabase final : public Database {
 public:
  MariadbDatabase(DataFolder& folder, const DatabaseOptions& options);

  std::string name() const override { return name_; }
  sql::Connection connect(Access access) const override;
  void explain(const sql::Error& error) const override;
  void join_folder(sql::Connection& writer) override;
  void become_server(sql::Connection& writer) override;
  bool server_running(sql::Connection& db) const override;
  std::unique_ptr<Turns> turns() const override;
  std::unique_ptr<Log> log() const override { return nullptr; }
  void check_integrity(sql::Connection& db, const Tell& tell) const override;
  void check_foreign_keys(sql::Connection& db, const Tell& tell) const override;

  // For its turns.

  /// Connects `writer` anew, with its settings. Throws as connect.
  void reconnect(sql::Connection& writer) const;
  std::chrono::milliseconds patience() const noexcept { return options_.patience; }
  /// How long the server may be silent before its connection is given up; longer than a statement waits for a lock.
  /// Opening a store, which may alter tables, waits for longer.
  std::chrono::milliseconds answer_patience() const noexcept;

 private:
  void configure(sql::Connection& connection, Access access) const;
  void require_durability(sql::Connection& connection) const;
  void refuse_foreign(sql::Connection& connection) const;

  DataFolder& folder_;
  const DatabaseOptions options_;
  const std::string name_;
  std::unique_ptr<MariadbLease> lease_;  // the server's; used by one thread at a time
};

}  // namespace posthouse::store
