#pragma once
// Scopes that undo what they did unless it is committed.
#include <string>
#include <string_view>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::sql {

/// A transaction: everything between construction and commit() happens, or nothing of it.
///
///     sql::Transaction transaction(db);
///     db.exec("update …");
///     transaction.commit();          // not reached: undone
///
/// It is the way to read fast, too: selects that share a transaction see one state, and on SQLite each costs half of
/// what it does alone, since the file is locked and looked at once.
///
///     sql::Transaction reading(db);
///     for (const auto& id : ids) names.push_back(db.query_one<std::string>("select name from user where id = ?", id));
///
/// Not for changes of the schema on MariaDB: see Connection::begin.
class Transaction {
 public:
  /// Starts one. Throws Error: usage when one is open already, busy when an immediate one has to wait too long.
  explicit Transaction(Connection& connection, TransactionMode mode = TransactionMode::deferred)
      : Transaction(connection, TransactionOptions{.mode = mode}) {}
  Transaction(Connection& connection, const TransactionOptions& options);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Makes it permanent. When it throws, the transaction is undone when the scope ends.
  void commit();
  /// Undoes it now.
  void rollback();

 private:
  Connection& connection_;
  bool open_ = true;
};

/// A part of a transaction that can be undone alone; may be nested.
class Savepoint {
 public:
  /// Throws Error (usage) when no transaction is open.
  explicit Savepoint(Connection& connection);
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  ~Savepoint();

  /// Keeps what was done, as far as the transaction around it is committed. Throws Error when that transaction is gone.
  void commit();
  /// Undoes what was done since construction.
  void rollback();

 private:
  Connection& connection_;
  int depth_;
  bool open_ = true;
};

}  // namespace posthouse::sql
