#include "posthouse/sql/connection/transaction.h"

#include "posthouse/sql/statement/state.h"

namespace posthouse::sql {

Transaction::Transaction(Connection& connection, const TransactionOptions& options) : connection_(connection) {
  connection.begin(options);
}

Transaction::~Transaction() {
  if (!open_) {
    return;
  }
  try {
    rollback();
  } catch (const posthouse::Error&) {  // the engine undoes it when the connection closes
  }
}

void Transaction::commit() {
  connection_.exec("COMMIT");
  open_ = false;
}

void Transaction::rollback() {
  if (!open_) {
    return;
  }
  open_ = false;
  connection_.rollback();
}

namespace {

std::string with_name(std::string_view verb, int depth) {
  return std::string(verb) + " p" + std::to_string(depth);
}

}  // namespace

Savepoint::Savepoint(Connection& connection) : connection_(connection), depth_(connection.state_->savepoints + 1) {
  if (!connection.in_transaction()) {
    throw Error(Errc::usage, "a Savepoint needs an open transaction");
  }
  connection_.exec(with_name("SAVEPOINT", depth_));
  connection_.state_->savepoints = depth_;
}

Savepoint::~Savepoint() {
  if (!open_) {
    return;
  }
  try {
    rollback();
  } catch (const posthouse::Error&) {  // undone with the transaction around it
  }
}

void Savepoint::commit() {
  connection_.exec(with_name("RELEASE SAVEPOINT", depth_));
  open_ = false;
  connection_.state_->savepoints = depth_ - 1;
}

void Savepoint::rollback() {
  if (!open_) {
    return;
  }
  open_ = false;
  connection_.state_->savepoints = depth_ - 1;
  if (!connection_.in_transaction()) {
    return;
  }
  connection_.exec(with_name("ROLLBACK TO SAVEPOINT", depth_));
  connection_.exec(with_name("RELEASE SAVEPOINT", depth_));
}

}  // namespace posthouse::sql
