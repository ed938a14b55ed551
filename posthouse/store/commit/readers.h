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
      Lease lease(*this);
      lease.begin();
      Read read(lease.connection());
      return f(read);
    });
  }

  /// The same for one statement, which sees one moment by itself: no transaction is around it, which on a database server
  /// would be two more round trips. `f` runs a second time where the connection was found to have ended.
  template <class F>
  auto read_once(F&& f) -> std::invoke_result_t<F&, Read&> {
    return fiber::blocking([&] {
      Lease lease(*this);
      try {
        Read read(lease.connection());
        return f(read);
      } catch (const sql::Error& error) {
        if (error.connection_usable() || !lease.was_idle()) {
          throw;
        }
      }
      lease.renew();
      Read read(lease.connection());
      return f(read);
    });
  }

 private:
  /// A borrowed connection: one that was idle, else a new one. Throws what connecting throws.
  class Lease {
   public:
    explicit Lease(Readers& readers);
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    sql::Connection& connection() const noexcept { return *connection_; }
    /// It may have broken meanwhile: the server has closed it, or was started again.
    bool was_idle() const noexcept { return was_idle_; }
    /// Begins a transaction, which ends with the lease; on a new connection where the idle one has broken.
    void begin();
    /// Goes over to a new connection.
    void renew();

   private:
    Readers& readers_;
    std::unique_ptr<sql::Connection> connection_;  // null where there is none to give back
    bool was_idle_ = false;
  };

  std::unique_ptr<sql::Connection> wait_for_one();
  void give_back(std::unique_ptr<sql::Connection> connection) noexcept;

  const std::size_t limit_;
  const std::function<sql::Connection()> connect_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sql::Connection>> idle_;  // the back was used last and is used next
  std::size_t open_ = 0;
};

}  // namespace posthouse::store
