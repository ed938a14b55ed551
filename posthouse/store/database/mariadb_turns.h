#pragma once
// Batches on a MariaDB server. Private to this module.
#include <cstdint>
#include <optional>

#include "posthouse/store/database/mariadb_database.h"

namespace posthouse::store {

class MariadbTurns final : public Turns {
 public:
  explicit MariadbTurns(const MariadbDatabase& database) : database_(database) {}
  void begin(sql::Connection& db) override;
  void commit(sql::Connection& db) override;
  void move_log(sql::Connection&) noexcept override {}
  void leave(sql::Connection& db) noexcept override;
  Fate fate() const noexcept override { return fate_; }

 private:
  void start(sql::Connection& db);
  void renew(sql::Connection& db);
  void look(sql::Connection& db);
  void find_out(sql::Connection& db) noexcept;

  const MariadbDatabase& database_;
  Fate fate_ = Fate::undone;
  std::optional<std::int64_t> turns_;  // committed, as far as known; the server's own count
};

}  // namespace posthouse::store
