#include "posthouse/sql/batch.h"

#include <optional>

#include "posthouse/sql/connection.h"
#include "posthouse/sql/state.h"
#include "posthouse/sql/transaction.h"

namespace posthouse::sql::detail {

struct Batch::Scope {
  explicit Scope(Connection& connection) {
    if (connection.in_transaction()) {
      savepoint.emplace(connection);
    } else {
      transaction.emplace(connection, TransactionMode::immediate);
    }
  }
  void commit() {
    if (savepoint) savepoint->commit();
    if (transaction) transaction->commit();
  }
  std::optional<Transaction> transaction;
  std::optional<Savepoint> savepoint;
};

Batch::Batch(Connection& connection, ConnectionState& state, std::string_view sql)
    : state_(state),
      scope_(std::make_unique<Scope>(connection)),
      run_(state, sql),
      before_(state.driver().total_changes()) {}

Batch::~Batch() = default;

std::int64_t Batch::finish() {
  run_.run_batch();
  const std::int64_t changed = state_.driver().total_changes() - before_;
  scope_->commit();
  return changed;
}

}  // namespace posthouse::sql::detail
