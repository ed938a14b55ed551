#pragma once
// The pool of read connections. Private to this module.
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "posthouse/sql/connection.h"

namespace posthouse::store {

/// At most `limit` connections, made when needed and kept. Taking one may block the thread: it is done inside
/// net::blocking only.
class Readers {
 public:
  Readers(std::size_t limit, std::function<sql::Connection()> connect);

  /// An idle connection, a new one, or the next that comes back. Throws what connecting throws.
  std::unique_ptr<sql::Connection> take();
  void give_back(std::unique_ptr<sql::Connection> connection) noexcept;

 private:
  const std::size_t limit_;
  const std::function<sql::Connection()> connect_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sql::Connection>> idle_;  // the back was used last and is used next
  std::size_t open_ = 0;
};

}  // namespace posthouse::store
