#pragma once
// A database of one server that is written to and replicas that are read.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/sql/pool.h"

namespace posthouse::sql {

struct SplitPoolOptions {
  PoolOptions pool{};                        ///< For each of the servers.
  std::chrono::seconds reader_rest{10};      ///< A replica that cannot be reached is left alone for so long.
  std::chrono::milliseconds writer_stick{};  ///< For so long after a write a lease reads from the writer; replicas lag.
};

/// Sends what writes to one server and what reads to its replicas, in turn. For any number of fibers and threads.
///
///     sql::SplitPool pool("mysql://app:secret@primary/shop", {"mysql://app:secret@replica1/shop"});
///     auto db = pool.take();
///     db.exec("insert into visit (page) values (?)", page);                       // primary
///     for (auto [name] : db.query<std::string>("select name from product")) …      // replica1
///     sql::Transaction transaction(db.writer());
///     auto left = db.query_one<int>("select stock from product where id = ?", 7);  // primary: a transaction is open
///
/// A replica's connections are opened read-only: a query that changes something (`insert … returning`) fails there with
/// ErrorKind::read_only instead of parting the two; it belongs on writer(). When no replica can be reached, the writer
/// is read.
class SplitPool {
 public:
  class Lease;

  /// Opens nothing yet. Without readers all goes to the writer.
  SplitPool(std::string writer, std::vector<std::string> readers, SplitPoolOptions options = {},
            ConnectOptions connect_options = {});
  SplitPool(const SplitPool&) = delete;
  SplitPool& operator=(const SplitPool&) = delete;
  /// Leases must be gone.
  ~SplitPool();

  /// Connections for a user; taken from the servers' pools when he first reads or writes. Of those the waits end at
  /// `deadline`, or as PoolOptions say.
  Lease take(fiber::Deadline deadline = {}, SourceLocation where = SourceLocation::current());

  /// Of the writer's pool, and of each reader's in the order given.
  Pool::Statistics writer_statistics() const;
  std::vector<Pool::Statistics> reader_statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A writer and a reader for one user, held from their first use until the lease ends. Movable while no transaction
/// refers to it; used by one fiber or thread at a time. Errors as Connection's, and as those of Pool::take.
class SplitPool::Lease {
 public:
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  /// The connection that writes; for Transaction, too.
  Connection& writer();
  /// The connection that reads: a replica's, unless a transaction is open on the writer or it was written to just now.
  Connection& reader();

  template <class... Args>
  std::int64_t exec(std::string_view sql, const Args&... args) {
    return written([&] { return writer().exec(sql, args...); });
  }
  template <std::ranges::input_range Rows>
  std::int64_t exec_many(std::string_view sql, Rows&& rows) {
    return written([&] { return writer().exec_many(sql, std::forward<Rows>(rows)); });
  }
  template <class... Ts, class... Args>
  Rows<Ts...> query(std::string_view sql, const Args&... args) {
    return reader().query<Ts...>(sql, args...);
  }
  template <class... Ts, class... Args>
  detail::Result<Ts...> query_one(std::string_view sql, const Args&... args) {
    return reader().query_one<Ts...>(sql, args...);
  }
  template <class... Ts, class... Args>
  std::optional<detail::Result<Ts...>> query_optional(std::string_view sql, const Args&... args) {
    return reader().query_optional<Ts...>(sql, args...);
  }

 private:
  friend class SplitPool;
  Lease(State& pool, fiber::Deadline deadline, SourceLocation where);
  template <class F>
  auto written(F&& f) {
    wrote_at_ = fiber::now();
    return f();
  }

  State* pool_;
  fiber::Deadline deadline_;
  SourceLocation where_;
  std::optional<Pool::Lease> writer_{};
  std::optional<Pool::Lease> reader_{};
  std::optional<fiber::TimePoint> wrote_at_{};
};

}  // namespace posthouse::sql
