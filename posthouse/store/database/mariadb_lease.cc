#include "posthouse/store/database/mariadb_lease.h"

#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/sql/connection/transaction.h"
#include "posthouse/sql/reflection/reflection.h"
#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

// Rows of old epochs that are kept: a server that was followed still finds its own.
constexpr std::int64_t kept_epochs = 20;
constexpr std::chrono::milliseconds look_every{50};

/// "mail.one.test (process 17)"
std::string this_process() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) {
    host[0] = '?';
  }
  return fmt::format("{} (process {})", printable(host), ::getpid());
}

}  // namespace

MariadbLease::MariadbLease(std::string database, std::string place, std::chrono::milliseconds time)
    : database_(std::move(database)), place_(std::move(place)), time_(time) {}

void MariadbLease::make_table(sql::Connection& db) {
  // Looked for first: in a cluster a CREATE needs all nodes, even where there is nothing to do.
  if (!sql::has_table(db, "store_server")) {
    db.exec(
        "CREATE TABLE IF NOT EXISTS store_server (epoch BIGINT PRIMARY KEY, holder VARCHAR(300) NOT NULL, "
        "place VARCHAR(200) NOT NULL, since DATETIME(6) NOT NULL, seen DATETIME(6) NOT NULL, beats BIGINT NOT NULL, "
        "turns BIGINT NOT NULL, ended INTEGER NOT NULL) ENGINE = InnoDB CHARACTER SET utf8mb4");
  }
}

bool MariadbLease::held(sql::Connection& db) {
  return sql::has_table(db, "store_server") &&
         db.query_one<int>(
             "SELECT count(*) FROM store_server WHERE ended = 0 AND seen > UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE") != 0;
}

MariadbLease::Holder MariadbLease::holder(sql::Connection& db) {
  const auto row = db.query_optional<std::int64_t, std::string, std::string, std::string, std::int64_t, bool>(
      "SELECT epoch, holder, place, DATE_FORMAT(since, '%Y-%m-%d %H:%i:%s UTC'), beats + turns, ended "
      "FROM store_server ORDER BY epoch DESC LIMIT 1");
  if (!row) {
    return {};
  }
  const auto& [epoch, name, place, since, signs, ended] = *row;
  return {epoch, name, place, since, signs, ended};
}

void MariadbLease::take(sql::Connection& db) {
  while (!try_to_take(db)) {
    std::this_thread::sleep_for(look_every);
    const Holder now = holder(db);
    if (now.epoch != watched_->epoch || now.signs != watched_->signs) {
      watched_ = now;
      if (!now.ended && now.place != place_) {
        refuse();
      }
    }
  }
}

void MariadbLease::take_again(sql::Connection& db) {
  if (!try_to_take(db)) {
    refuse();
  }
}

bool MariadbLease::try_to_take(sql::Connection& db) {
  const Holder last = holder(db);
  const auto now = std::chrono::steady_clock::now();
  const bool free = last.ended || last.place == place_;
  if (!watched_ || watched_->epoch != last.epoch || watched_->signs != last.signs) {
    watched_ = last;
    watched_since_ = now;
  }
  return (free || now - watched_since_ >= time_) && succeed(db, last);
}

/// False when somebody else was first, or the last one gave a sign of life.
bool MariadbLease::succeed(sql::Connection& db, const Holder& last) {
  try {
    sql::Transaction transaction(db);
    if (!last.ended && db.exec("UPDATE store_server SET ended = 1 WHERE epoch = ? AND ended = 0 AND beats + turns = ?",
                               last.epoch, last.signs) != 1) {
      return false;
    }
    db.exec(
        "INSERT INTO store_server (epoch, holder, place, since, seen, beats, turns, ended) "
        "VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 0, 0, 0)",
        last.epoch + 1, this_process(), place_);
    db.exec("DELETE FROM store_server WHERE epoch <= ?", last.epoch + 1 - kept_epochs);
    transaction.commit();
  } catch (const sql::Error& error) {
    if (error.errc() == sql::Errc::unique || (error.errc() == sql::Errc::busy && error.connection_usable())) {
      return false;
    }
    throw;
  }
  epoch_ = last.epoch + 1;
  watched_.reset();
  return true;
}

void MariadbLease::refuse() const {
  throw Error(Errc::in_use, fmt::format("another server is running on {}: on {}, since {}", database_,
                                        printable(watched_->name), watched_->since));
}

bool MariadbLease::turn(sql::Connection& db) const {
  // The row of store_state is the one that tools lock.
  return db.exec(
             "UPDATE store_server s, store_state t SET s.turns = s.turns + 1, s.seen = UTC_TIMESTAMP(6), "
             "t.server_turns = t.server_turns + 1 WHERE s.epoch = ? AND s.ended = 0 AND t.id = 1",
             epoch_) == 2;
}

std::int64_t MariadbLease::turns(sql::Connection& db) const {
  return db.query_one<std::int64_t>("SELECT turns FROM store_server WHERE epoch = ? FOR UPDATE", epoch_);
}

void MariadbLease::beat(sql::Connection& db) const {
  db.exec("UPDATE store_server SET beats = beats + 1, seen = UTC_TIMESTAMP(6) WHERE epoch = ? AND ended = 0", epoch_);
}

void MariadbLease::end(sql::Connection& db) const {
  db.exec("UPDATE store_server SET ended = 1 WHERE epoch = ?", epoch_);
}

}  // namespace posthouse::store
