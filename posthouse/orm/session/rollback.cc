// The ends of a session's transactions.
#include <algorithm>

#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/keys.h"
#include "posthouse/orm/session/session.h"

namespace posthouse::orm {

using detail::Entity;
using detail::IdentityMap;
using detail::RelationInfo;

void Session::require_own_transaction() const {
  if (!lease_) {
    throw sql::Error(sql::Errc::usage, "the transaction of a session over a connection is not the session's to end");
  }
}

void Session::commit() {
  require_own_transaction();
  flush();
  connection_->commit();
  inserted_.clear();
  updated_.clear();
  erased_.clear();
}

void Session::rollback() {
  require_own_transaction();
  try {
    connection_->rollback();
    restore();
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
      for (const RelationInfo& relation : map->entity().relations) {
        relation.unload(map->at(place).get());
      }
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
