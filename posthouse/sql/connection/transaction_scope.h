#pragma once
// All or nothing, whether a transaction is open already or not. Private to this module.
#include <optional>

#include "posthouse/sql/connection/transaction.h"

namespace posthouse::sql::detail {

/// A savepoint in the transaction that is open, or else a transaction. Undone unless committed.
class TransactionScope {
 public:
  explicit TransactionScope(Connection& connection) {
    if (connection.in_transaction()) {
      savepoint_.emplace(connection);
    } else {
      transaction_.emplace(connection, TransactionMode::immediate);
    }
  }
  void commit() {
    if (savepoint_) {
      savepoint_->commit();
    }
    if (transaction_) {
      transaction_->commit();
    }
  }

 private:
  std::optional<Transaction> transaction_{};
  std::optional<Savepoint> savepoint_{};
};

}  // namespace posthouse::sql::detail
