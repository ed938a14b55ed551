#include "posthouse/store/database/mariadb_turns.h"

#include <chrono>
#include <thread>

#include "posthouse/store/error.h"

namespace posthouse::store {

void MariadbTurns::begin(sql::Connection& db) {
  if (!db.usable() || fate_ == Fate::unknown) {
    renew(db);
  }
  try {
    start(db);
  } catch (const sql::Error& error) {
    if (error.connection_usable()) {
      throw;
    }
    renew(db);  // the server has been started again, or has closed a connection that was idle for long
    start(db);
  }
}

void MariadbTurns::start(sql::Connection& db) {
  db.set_answer_timeout(database_.answer_patience());
  if (take_turn(db)) {
    return;
  }
  if (lease_ == nullptr) {
    throw Error(Errc::not_ours, database_.name() + " has lost its row of store_state");
  }
  lease_->take_again(db);
  turns_ = 0;
  if (!take_turn(db)) {
    throw Error(Errc::in_use, "another server has just begun to run on " + database_.name());
  }
}

/// Begins a transaction in which nobody else writes; false, and none, when this is not the server any more.
bool MariadbTurns::take_turn(sql::Connection& db) {
  db.begin(sql::TransactionMode::immediate);
  bool taken = false;
  try {
    taken = lease_ != nullptr ? lease_->turn(db)
                              : db.exec("UPDATE store_state SET tool_turns = tool_turns + 1 WHERE id = 1") == 1;
  } catch (...) {
    if (db.in_transaction()) {
      db.rollback();
    }
    throw;
  }
  if (!taken) {
    db.rollback();
  }
  return taken;
}

void MariadbTurns::commit(sql::Connection& db) {
  try {
    db.exec("COMMIT");
  } catch (const sql::Error&) {
    // A tool cannot tell its commits from those of other tools; what it leaves for nothing the next server removes.
    fate_ = lease_ != nullptr ? Fate::unknown : Fate::done;
    if (lease_ == nullptr) {
      throw;
    }
    find_out(db);
    if (fate_ == Fate::done) {
      return;
    }
    throw;
  }
  ++turns_;
  fate_ = Fate::undone;
}

void MariadbTurns::leave(sql::Connection& db) noexcept {
  try {
    if (lease_ != nullptr) {
      lease_->end(db);
    }
  } catch (const posthouse::Error&) {  // whoever comes next waits until the lease has run out
  }
}

std::chrono::milliseconds MariadbTurns::beat_every() const noexcept {
  return lease_ != nullptr ? lease_->beat_every() : std::chrono::milliseconds{0};
}

void MariadbTurns::beat(sql::Connection& db) noexcept {
  try {
    if (!db.usable()) {
      database_.reconnect(db);
    }
    lease_->beat(db);
  } catch (const std::exception&) {  // the next transaction tells
  }
}

/// A new connection, and then what became of a commit in doubt.
void MariadbTurns::renew(sql::Connection& db) {
  database_.reconnect(db);
  if (fate_ == Fate::unknown) {
    look(db);
  }
}

/// Also when another server has come meanwhile: the count is this one's own.
void MariadbTurns::look(sql::Connection& db) {
  if (db.in_transaction()) {
    db.rollback();
  }
  const std::int64_t found = lease_->turns(db);
  fate_ = found > turns_ ? Fate::done : Fate::undone;
  turns_ = found;
}

/// Tries for as long as a statement would wait for a lock. Leaves `unknown` when the server stays away.
void MariadbTurns::find_out(sql::Connection& db) noexcept {
  const auto give_up = std::chrono::steady_clock::now() + database_.patience();
  for (;;) {
    try {
      if (db.usable()) {
        look(db);
      } else {
        renew(db);
      }
      return;
    } catch (const posthouse::Error& error) {
      if (!error.retryable() || std::chrono::steady_clock::now() >= give_up) {
        return;
      }
    } catch (const std::exception&) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace posthouse::store
