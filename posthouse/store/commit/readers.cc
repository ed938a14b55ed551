#include "posthouse/store/commit/readers.h"

#include <utility>

namespace posthouse::store {

Readers::Readers(std::size_t limit, std::function<sql::Connection()> connect)
    : limit_(limit == 0 ? 1 : limit), connect_(std::move(connect)) {
  idle_.reserve(limit_);
}

/// Nothing when the caller is to make one.
std::unique_ptr<sql::Connection> Readers::wait_for_one() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return !idle_.empty() || open_ < limit_; });
  if (idle_.empty()) {
    ++open_;
    return nullptr;
  }
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

Readers::Lease::Lease(Readers& readers) : readers_(readers), connection_(readers.wait_for_one()) {
  was_idle_ = connection_ != nullptr;
  if (was_idle_) {
    return;
  }
  try {
    renew();
  } catch (...) {
    readers_.give_back(nullptr);
    throw;
  }
}

Readers::Lease::~Lease() {
  readers_.give_back(std::move(connection_));
}

void Readers::Lease::renew() {
  connection_.reset();
  connection_ = std::make_unique<sql::Connection>(readers_.connect_());
  was_idle_ = false;
}

void Readers::Lease::begin() {
  try {
    connection_->begin();
    return;
  } catch (const sql::Error& error) {
    if (error.connection_usable() || !was_idle_) {
      throw;
    }
  }
  renew();
  connection_->begin();
}

/// Ends the transaction. Null: there is none any more.
void Readers::give_back(std::unique_ptr<sql::Connection> connection) noexcept {
  if (connection != nullptr) {
    try {
      connection->commit();
    } catch (const posthouse::Error&) {  // nothing was written
    }
    if (!connection->usable()) {
      connection.reset();
    }
  }
  const std::lock_guard lock(mutex_);
  if (connection == nullptr) {
    --open_;
  } else {
    idle_.push_back(std::move(connection));  // has room for `limit_`
  }
  returned_.notify_one();
}

}  // namespace posthouse::store
