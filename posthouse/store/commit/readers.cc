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

std::unique_ptr<sql::Connection> Readers::connect() {
  try {
    auto connection = std::make_unique<sql::Connection>(connect_());
    connection->begin();
    return connection;
  } catch (...) {
    let_go();
    throw;
  }
}

std::unique_ptr<sql::Connection> Readers::take() {
  auto connection = wait_for_one();
  if (connection == nullptr) {
    return connect();
  }
  try {
    connection->begin();
    return connection;
  } catch (const sql::Error& error) {
    connection.reset();
    if (!error.connection_usable()) {
      return connect();  // the server has closed it meanwhile, or was started again
    }
    let_go();
    throw;
  } catch (...) {  // a deadline, or cancellation
    connection.reset();
    let_go();
    throw;
  }
}

void Readers::let_go() noexcept {
  const std::lock_guard lock(mutex_);
  --open_;
  returned_.notify_one();
}

void Readers::give_back(std::unique_ptr<sql::Connection> connection) noexcept {
  try {
    connection->commit();
  } catch (const posthouse::Error&) {  // nothing was written
  }
  if (!connection->usable()) {
    connection.reset();
    let_go();
    return;
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));  // has room for `limit_`
  returned_.notify_one();
}

}  // namespace posthouse::store
