#pragma once
// The pool of read connections. Private to this module.
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// At most `limit` connections, made when needed and kept for as long as they work. Taking one may block the thread: it
/// is done inside fiber::blocking only.
class Readers {
 public:
  Readers(std::size_t limit, std::function<sql::Connection()> connect);

  /// An idle connection, a new one, or the next that comes back; in a read transaction. One that has broken while it
  /// was idle is replaced. Throws what connecting throws.
  std::unique_ptr<sql::Connection> take();
  /// Ends the transaction.
  void give_back(std::unique_ptr<sql::Connection> connection) noexcept;

 private:
  std::unique_ptr<sql::Connection> wait_for_one();
  std::unique_ptr<sql::Connection> connect();
  void let_go() noexcept;

  const std::size_t limit_;
  const std::function<sql::Connection()> connect_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sql::Connection>> idle_;  // the back was used last and is used next
  std::size_t open_ = 0;
};

}  // namespace posthouse::store
