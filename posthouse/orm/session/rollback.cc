// The ends of a session's transactions.
#include <algorithm>

#include <fmt/format.h>

#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/keys.h"
#include "posthouse/orm/session/session.h"
#include "posthouse/orm/session/write.h"

namespace posthouse::orm {

using detail::Entity;
using detail::IdentityMap;

void Session::require_own_transaction() const {
  if (!lease_) {
    throw sql::Error(sql::Errc::usage, "the transaction of a session over a connection is not the session's to end");
  }
}

void Session::require_no_failure() const {
  if (!failure_.empty()) {
    throw sql::Error(
        sql::Errc::usage,
        fmt::format("writing has failed before, so that this transaction may be half done: call {}. "
                    "What failed: {}",
                    lease_ ? "rollback() first" : "the connection's rollback(), and make a new session", failure_));
  }
}

// What was written is still to be committed. On MariaDB a statement of the program's own may have done that.
void Session::require_transaction() {
  if (wrote_ && !connection_->in_transaction() && (!connection_->usable() || connection_->engine() == "sqlite")) {
    failure_ = "the transaction has ended by itself";
    throw sql::Error(sql::Errc::lost, "the transaction has ended by itself; what was written in it is undone");
  }
}

void Session::end_transaction() {
  inserted_.clear();
  updated_.clear();
  erased_.clear();
  wrote_ = false;
  if (options_.expire_on_commit) {
    expire_all();
  }
}

void Session::commit() {
  require_own_transaction();
  flush();
  require_transaction();
  if (connection_->in_transaction()) {
    write([&] { connection_->commit(); });
  }
  end_transaction();
}

void Session::rollback() {
  require_own_transaction();
  try {
    connection_->rollback();
    failure_.clear();
    wrote_ = false;
    restore();
    end_transaction();
    connection_->rollback();  // of a transaction that was for reading only
  } catch (...) {
    let_go_of_all();
    throw;
  }
}

// Makes the objects what they were when the transaction began, as far as the database still has them so.
void Session::restore() {
  let_go_of_new();
  for (const Pending& inserted : std::exchange(inserted_, {})) {
    const Entity& entity = *inserted.entity;
    expunge_object(entity, inserted.object.get());
    // A key that the program gave itself is its own.
    if (entity.key_column().generated) {
      detail::set_integer(entity.key_column(), inserted.object.get(), 0);
    }
  }
  for (const Pending& erased : std::exchange(erased_, {})) {
    // What was new in this transaction too is not there to be read again, and goes.
    if (map_of(*erased.entity).find(detail::key_of_object(*erased.entity, erased.object.get())) !=
        IdentityMap::nowhere) {
      continue;
    }
    attach(*erased.entity, erased.object.get(), this);
    map_of(*erased.entity).insert(erased.object);
    updated_.push_back(erased);
  }
  for (const auto& map : maps_) {
    for (IdentityMap::Place place = 0; place < map->end(); ++place) {
      if (map->at(place) == nullptr) {
        continue;
      }
      unload_relations(map->entity(), map->at(place).get());
      if (map->is_changed(place)) {
        updated_.push_back({&map->entity(), map->at(place)});
      }
    }
  }
  for (const Pending& updated : std::exchange(updated_, {})) {
    if (map_of(*updated.entity).place_of(updated.object.get()) == IdentityMap::nowhere) {
      continue;
    }
    if (read_by_key(*updated.entity, updated.object.get(), true) == nullptr) {
      expunge_object(*updated.entity, updated.object.get());
    }
  }
}

}  // namespace posthouse::orm
