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
  const bool server = database_.is_server();
  if (server && !turns_) {
    turns_ = db.query_one<std::int64_t>("SELECT server_turns FROM store_state WHERE id = 1");
  }
  db.begin(sql::TransactionMode::immediate);
  try {
    const char* const take = server ? "UPDATE store_state SET server_turns = server_turns + 1 WHERE id = 1"
                                    : "UPDATE store_state SET tool_turns = tool_turns + 1 WHERE id = 1";
    if (db.exec(take) != 1) {
      throw Error(Errc::not_ours, database_.name() + " has lost its row of store_state");
    }
  } catch (...) {
    if (db.in_transaction()) {
      db.rollback();
    }
    throw;
  }
}

void MariadbTurns::commit(sql::Connection& db) {
  try {
    db.exec("COMMIT");
  } catch (const sql::Error&) {
    // A tool cannot tell its commits from those of other tools; what it leaves for nothing the next server removes.
    fate_ = turns_ ? Fate::unknown : Fate::done;
    if (!turns_) {
      throw;
    }
    find_out(db);
    if (fate_ == Fate::done) {
      return;
    }
    throw;
  }
  if (turns_) {
    ++*turns_;
  }
  fate_ = Fate::undone;
}

void MariadbTurns::leave(sql::Connection& db) noexcept {
  try {
    if (database_.is_server()) {
      database_.release_server_lock(db);
    }
  } catch (const posthouse::Error&) {  // it goes with the connection
  }
}

/// A new connection, and then what became of a commit in doubt.
void MariadbTurns::renew(sql::Connection& db) {
  database_.reconnect(db);
  if (fate_ == Fate::unknown) {
    look(db);
  }
}

/// Locks the row to look at it: a transaction of ours that is still under way on the server ends first.
void MariadbTurns::look(sql::Connection& db) {
  if (db.in_transaction()) {
    db.rollback();
  }
  const auto found = db.query_one<std::int64_t>("SELECT server_turns FROM store_state WHERE id = 1 FOR UPDATE");
  fate_ = found > *turns_ ? Fate::done : Fate::undone;
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
