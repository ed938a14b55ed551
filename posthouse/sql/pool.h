#pragma once
// Connections kept open for many users.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/base/source_location.h"
#include "posthouse/fiber/time.h"
#include "posthouse/sql/connection/connection.h"

namespace posthouse::sql {

struct PoolOptions {
  std::size_t size = 10;                           ///< Connections at the most, at least 1; opened when needed.
  std::chrono::seconds longest_life{1800};         ///< A connection older than that is closed when it comes back.
  std::chrono::seconds check_after_idle{30};       ///< One that was idle for longer is tried before it is given out.
  std::chrono::milliseconds longest_wait{30'000};  ///< For take() without a deadline.
};

/// Hands connections to one database out and takes them back. For any number of fibers and threads.
///
///     sql::Pool pool("mysql://app:secret@db.example/shop");
///     auto db = pool.take();
///     db->exec("insert into visit (page) values (?)", page);
///
/// Of a database in memory, which lives and dies with its connection, there is one for all, which is never closed.
///
/// What a user left open is undone when a connection comes back: a transaction is rolled back; a connection that broke
/// is thrown away.
class Pool {
 public:
  class Lease;

  /// Opens nothing yet. Throws Error (usage) for a bad URL only at the first take().
  explicit Pool(std::string url, PoolOptions options = {}, ConnectOptions connect_options = {});
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// Leases may outlive it: their connections are closed when they end.
  ~Pool();

  /// A connection, idle or new. Parks the fiber or blocks the thread while all are in use. Throws Error
  /// (busy, retryable), whose where() is the caller's and which says where the one taken first was taken, when the
  /// deadline passes first; as connect().
  Lease take(fiber::Deadline deadline = {}, SourceLocation where = SourceLocation::current());

  struct Statistics {
    std::size_t idle = 0;         ///< Open and in the pool.
    std::size_t in_use = 0;       ///< Given out.
    std::uint64_t opened = 0;     ///< Connections made since the start.
    std::uint64_t discarded = 0;  ///< Those that were broken or too old.
  };
  Statistics statistics() const;

  /// Where in the source each connection in use was taken, and how long ago: for finding those that do not come back.
  struct Use {
    SourceLocation where;
    std::chrono::milliseconds since{};
  };
  std::vector<Use> in_use() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A connection of a Pool, given back when the lease ends. Movable; used by one fiber or thread at a time.
class Pool::Lease {
 public:
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  Connection& operator*() const noexcept { return *connection_; }
  Connection* operator->() const noexcept { return connection_.get(); }

 private:
  friend class Pool;
  struct Ticket;
  Lease(std::unique_ptr<Connection> connection, std::unique_ptr<Ticket> ticket);
  void give_back() noexcept;

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Ticket> ticket_;
};

}  // namespace posthouse::sql
