#pragma once
// The right to be the one server on a database of a MariaDB server or a Galera cluster. Private to this module.
//
// Table store_server has a row for each server that has ever become it, by epoch; the last one is the server unless it
// has ended. A server shows that it is alive by counting in its row: a *turn* in each transaction that writes, a *beat*
// now and then while there is none. Whoever wants to become the server while the last one has not ended watches its
// counts: when they stand still for the lease's time, by the watcher's own clock, the last one is ended and the next
// epoch begins.
//
// Invariants.
//  1. Whoever ends another's row and the other, in any transaction of its that writes, change the same row: on one
//     database server they take turns, and in a Galera cluster the later commit is refused. What a server writes after
//     its row was ended is never committed.
//  2. A row's counts are raised by the server whose row it is, and by nobody else: after a COMMIT whose answer was lost
//     they tell whether it happened, also when another server has come since.
//  3. No clocks of different machines are compared.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

class MariadbLease {
 public:
  /// `database` is its name in errors, `place` where this process runs: equal to another's only when both cannot run at
  /// once, so that a server that was killed is followed without delay. `time` is how long a server is taken for alive
  /// after its last sign.
  MariadbLease(std::string database, std::string place, std::chrono::milliseconds time);

  /// Makes the table when it is missing.
  static void make_table(sql::Connection& db);
  /// Whether a server is alive, by the database server's clock.
  static bool held(sql::Connection& db);

  /// Becomes the server. Waits for as long as the last one may be alive; throws store::Error in_use when it is, which
  /// says where it runs and since when; sql::Error.
  void take(sql::Connection& db);
  /// Becomes the server anew after its row was ended, if it is free now. Throws as take, at once.
  void take_again(sql::Connection& db);

  /// Begins a transaction's changes: from now on until its end nobody else, server or tool, writes to the store. False when
  /// this is not the server any more.
  bool turn(sql::Connection& db) const;
  /// The committed turns of this epoch. Waits until a transaction of this server that may still be under way ends.
  std::int64_t turns(sql::Connection& db) const;
  /// A sign of life between transactions.
  void beat(sql::Connection& db) const;
  /// Signs of life come at least as often.
  std::chrono::milliseconds beat_every() const noexcept { return time_ / 5; }
  /// The right is anybody's again.
  void end(sql::Connection& db) const;

 private:
  /// The last row.
  struct Holder {
    std::int64_t epoch = 0;
    std::string name{};
    std::string place{};
    std::string since{};
    std::int64_t signs = 0;
    bool ended = true;
  };
  static Holder holder(sql::Connection& db);
  /// One look, and the right if it is free. `watched_` is the holder's otherwise.
  bool try_to_take(sql::Connection& db);
  bool succeed(sql::Connection& db, const Holder& last);
  [[noreturn]] void refuse() const;

  const std::string database_;
  const std::string place_;
  const std::chrono::milliseconds time_;
  std::int64_t epoch_ = 0;
  std::optional<Holder> watched_;
  std::chrono::steady_clock::time_point watched_since_{};
};

}  // namespace posthouse::store
