#include "posthouse/sql/connection/batch.h"

#include "posthouse/sql/connection/connection.h"
#include "posthouse/sql/connection/transaction_scope.h"
#include "posthouse/sql/statement/state.h"

namespace posthouse::sql::detail {

Batch::Batch(Connection& connection, ConnectionState& state, std::string_view sql, bool whole)
    : state_(state),
      scope_(whole ? std::make_unique<TransactionScope>(connection) : nullptr),
      run_(state, sql),
      before_(state.driver().total_changes()) {}

Batch::~Batch() = default;

std::int64_t Batch::finish() {
  run_.run_batch();
  const std::int64_t changed = state_.driver().total_changes() - before_;
  if (scope_) {
    scope_->commit();
  }
  return changed;
}

}  // namespace posthouse::sql::detail
