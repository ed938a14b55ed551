#pragma once
// Batches on a MariaDB server. Private to this module.
#include <chrono>
#include <cstdint>

#include "posthouse/store/database/mariadb_database.h"
#include "posthouse/store/database/mariadb_lease.h"

namespace posthouse::store {

class MariadbTurns final : public Turns {
 public:
  /// `lease` is the server's, null for a tool.
  MariadbTurns(const MariadbDatabase& database, MariadbLease* lease) : database_(database), lease_(lease) {}
  void begin(sql::Connection& db) override;
  void commit(sql::Connection& db) override;
  void move_log(sql::Connection&) noexcept override {}
  void leave(sql::Connection& db) noexcept override;
  std::chrono::milliseconds beat_every() const noexcept override;
  void beat(sql::Connection& db) noexcept override;
  Fate fate() const noexcept override { return fate_; }

 private:
  void start(sql::Connection& db);
  bool take_turn(sql::Connection& db);
  void renew(sql::Connection& db);
  void look(sql::Connection& db);
  void find_out(sql::Connection& db) noexcept;

  const MariadbDatabase& database_;
  MariadbLease* const lease_;
  Fate fate_ = Fate::undone;
  std::int64_t turns_ = 0;  // committed in this epoch, as far as known
};

}  // namespace posthouse::store
