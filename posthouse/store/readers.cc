#include "posthouse/store/readers.h"

#include <utility>

#include "posthouse/store/store.h"

namespace posthouse::store {

Readers::Readers(std::size_t limit, std::function<sql::Connection()> connect)
    : limit_(limit == 0 ? 1 : limit), connect_(std::move(connect)) {
  idle_.reserve(limit_);
}

std::unique_ptr<sql::Connection> Readers::take() {
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < limit_; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++open_;
  }
  try {
    return std::make_unique<sql::Connection>(connect_());
  } catch (...) {
    const std::lock_guard lock(mutex_);
    --open_;
    returned_.notify_one();
    throw;
  }
}

void Readers::give_back(std::unique_ptr<sql::Connection> connection) noexcept {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));  // has room for `limit_`
  returned_.notify_one();
}

ReadLease::ReadLease(Readers& readers) : readers_(readers), connection_(readers.take()) {}

ReadLease::~ReadLease() {
  readers_.give_back(std::move(connection_));
}

Store::ReadTransaction::ReadTransaction(sql::Connection& connection) : connection_(connection) {
  connection.exec("BEGIN");
}

Store::ReadTransaction::~ReadTransaction() {
  try {
    if (connection_.in_transaction()) connection_.exec("COMMIT");
  } catch (const sql::Error&) {  // nothing was written
  }
}

}  // namespace posthouse::store
