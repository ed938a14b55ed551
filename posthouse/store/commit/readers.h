#pragma once
// The pool of read connections.
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "posthouse/fiber/run.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/commit/read.h"

namespace posthouse::store {

/// At most `limit` connections, made when needed and kept for as long as they work. Safe to use from any thread.
class Readers {
 public:
  Readers(std::size_t limit, std::function<sql::Connection()> connect);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Runs `f(Read&)` on a connection, through fiber::blocking; a read transaction is around it. Waits while all are
  /// taken. Throws what connecting throws, and what `f` does.
  template <class F>
  auto read(F&& f) -> std::invoke_result_t<F&, Read&> {
    return fiber::blocking([&] {
      const Lease lease(*this);
      Read read(lease.connection());
      return f(read);
    });
  }

 private:
  /// A borrowed connection in a read transaction.
  class Lease {
   public:
    explicit Lease(Readers& readers) : readers_(readers), connection_(readers.take()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { readers_.give_back(std::move(connection_)); }
    sql::Connection& connection() const noexcept { return *connection_; }

   private:
    Readers& readers_;
    std::unique_ptr<sql::Connection> connection_;
  };

  /// An idle connection, a new one, or the next that comes back; in a read transaction. One that has broken while it
  /// was idle is replaced. Throws what connecting throws.
  std::unique_ptr<sql::Connection> take();
  /// Ends the transaction.
  void give_back(std::unique_ptr<sql::Connection> connection) noexcept;
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
