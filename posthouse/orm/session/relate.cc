// What a session does when objects are added, removed, or related to each other: all of it in memory. The next flush
// writes what came of it.
#include <algorithm>

#include "posthouse/orm/session.h"
#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/keys.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::IdentityMap;
using detail::RelationInfo;
using detail::RelationKind;

namespace {

[[noreturn]] void refuse_alone(const RelationInfo& belongs, const ColumnInfo& key) {
  throw sql::Error(sql::ErrorKind::usage, "a row of " + belongs.owner().table + " cannot be without one of " +
                                              belongs.target().table + ": " + key.name +
                                              " is no std::optional; remove it, or say Cascade::orphans");
}

}  // namespace

// New objects --------------------------------------------------------------------------------------------------------

void Session::add_object(const Entity& entity, Object object) {
  if (object == nullptr) throw sql::Error(sql::ErrorKind::usage, "a null object cannot be added");
  adopt(entity, object);
  adopt_related();
}

// Takes note of an object unless the session has it.
void Session::adopt(const Entity& entity, const Object& object) {
  if (is_new(object.get())) return;
  if (std::erase_if(removed_, [&](const Pending& removed) { return removed.object == object; }) != 0) return;
  if (!entity.key_is_missing(object.get()) && map_of(entity).place_of(object.get()) != IdentityMap::nowhere) return;
  new_places_.emplace(object.get(), new_.size());
  new_.push_back({&entity, object});
  attach(entity, object.get(), this);
}

// And of all that those noted lead to. new_ grows while it is walked.
void Session::adopt_related() {
  if (adopting_) return;  // further out it is going on
  adopting_ = true;
  try {
    for (; adopted_ < new_.size(); ++adopted_) {
      const Pending pending = new_[adopted_];
      if (pending.object == nullptr) continue;
      for (const RelationInfo& relation : pending.entity->relations) {
        void* const field = field_of(pending.object.get(), relation.offset);
        relation.access->set_loaded(field);
        if (relation.access->linked(field)) continue;
        for (std::size_t i = 0; i < relation.access->size(field); ++i) {
          link_up(relation, pending.object.get(), relation.access->at(field, i));
        }
      }
    }
  } catch (...) {
    adopting_ = false;
    throw;
  }
  adopting_ = false;
}

// Both sides ---------------------------------------------------------------------------------------------------------

// The session's own reference to one of its objects; null when it is none.
std::shared_ptr<void> Session::shared(const Entity& entity, const void* object) {
  if (const auto pending = new_places_.find(object); pending != new_places_.end()) return new_[pending->second].object;
  const IdentityMap& map = map_of(entity);
  const IdentityMap::Place place = map.place_of(object);
  return place == IdentityMap::nowhere ? nullptr : map.at(place);
}

bool Session::relate(const RelationInfo& relation, void* owner, const Object& object) {
  if (is_related(relation, owner, object.get())) return false;
  link_up(relation, owner, object);
  adopt_related();
  return true;
}

// Of a relation to many. The list is looked through only where the object itself does not say that it is elsewhere.
bool Session::is_related(const RelationInfo& relation, const void* owner, const void* object) {
  if (object == nullptr || !relation.to_many()) return false;
  if (relation.kind == RelationKind::has_many && !is_new(owner)) {
    const auto key = detail::key_in(relation.owner(), *relation.target().column_at(relation.key_offset), object);
    const IdentityMap& map = map_of(relation.owner());
    if (!key || map.find(*key) != map.place_of(owner)) return false;
  }
  const void* const field = field_of(owner, relation.offset);
  for (std::size_t i = 0; i < relation.access->size(field); ++i) {
    if (relation.access->at(field, i).get() == object) return true;
  }
  return false;
}

// `object` comes into the relation of `owner`: it is the session's from now on, keys are set as far as they are known,
// and the other side follows.
void Session::link_up(const RelationInfo& relation, void* owner, const Object& object) {
  if (object == nullptr) throw sql::Error(sql::ErrorKind::usage, "a null object cannot be added");
  adopt(relation.target(), object);
  const RelationInfo* const inverse = relation.inverse();
  const Object our = shared(relation.owner(), owner);
  if (relation.kind == RelationKind::belongs_to) {
    if (inverse != nullptr) leave_other_owner(*inverse, owner);
    if (is_new(object.get()) || is_new(owner)) {
      assigned_.push_back({&relation.owner(), our});
    } else {
      detail::copy_key(relation.target().key_column(), object.get(), *relation.owner().column_at(relation.key_offset),
                       owner);
    }
  } else if (relation.kind == RelationKind::many_to_many) {
    links_.push_back({&relation, our, object, true});
  } else {
    leave_other_owner(relation, object.get());
    if (!is_new(owner)) {
      detail::copy_key(relation.owner().key_column(), owner, *relation.target().column_at(relation.key_offset),
                       object.get());
    }
  }
  if (inverse == nullptr) return;
  void* const field = field_of(object.get(), inverse->offset);
  const auto pending = new_places_.find(object.get());
  const bool untouched = pending != new_places_.end() && pending->second >= adopted_;
  if (!inverse->to_many() || inverse->access->loaded(field) || untouched) {
    // The program may have told both sides.
    if (untouched || inverse->kind == RelationKind::many_to_many) inverse->access->take_out(field, owner);
    inverse->access->append(field, our);
  }
}

// The list of the object that `object` belonged to, if it is loaded, forgets it. `owners` is the has_… relation.
void Session::leave_other_owner(const RelationInfo& owners, void* object) {
  const Entity& owner = owners.owner();
  const ColumnInfo& key = *owners.target().column_at(owners.key_offset);
  const std::optional<detail::Key> owner_key = detail::key_in(owner, key, object);
  if (!owner_key) return;
  const IdentityMap& map = map_of(owner);
  const IdentityMap::Place place = map.find(*owner_key);
  if (place != IdentityMap::nowhere) owners.access->take_out(field_of(map.at(place).get(), owners.offset), object);
}

void Session::unrelate(const RelationInfo& relation, void* owner, const Object& object) {
  const RelationInfo* const inverse = relation.inverse();
  if (relation.kind == RelationKind::many_to_many) {
    const auto same = [&](const LinkChange& link) {
      return link.add && ((link.relation == &relation && link.owner.get() == owner && link.target == object) ||
                          (link.relation == inverse && link.target.get() == owner && link.owner == object));
    };
    if (std::erase_if(links_, same) == 0) links_.push_back({&relation, shared(relation.owner(), owner), object, false});
  } else {
    const bool has = relation.kind != RelationKind::belongs_to;
    const RelationInfo& belongs = has || inverse == nullptr ? relation : *inverse;  // with the cascade
    const Entity& child_entity = has ? relation.target() : relation.owner();
    const Object child = has ? object : shared(relation.owner(), owner);
    const ColumnInfo& key = *child_entity.column_at(relation.key_offset);
    if (belongs.cascade == Cascade::orphans) {
      remove_object(child_entity, child);
    } else if (!key.type->nullable) {
      refuse_alone(has && inverse != nullptr ? *inverse : relation, key);
    } else {
      detail::set_null(key, child.get());
      std::erase_if(assigned_, [&](const Pending& assigned) { return assigned.object == child; });
    }
  }
  if (inverse != nullptr) inverse->access->take_out(field_of(object.get(), inverse->offset), owner);
}

namespace detail {

void* RelationField::owner() const {
  return const_cast<char*>(reinterpret_cast<const char*>(this)) - relation_->offset;
}

bool RelationField::joined_by(const std::shared_ptr<void>& object) const {
  return session_->relate(*relation_, owner(), object);
}

void RelationField::left_by(const std::shared_ptr<void>& object) const {
  if (session_ != nullptr) session_->unrelate(*relation_, owner(), object);
}

void RelationField::load() const {
  if (session_ == nullptr) {
    if (relation_ == nullptr) return;  // of an object that never was in a session: there is nothing to load
    throw sql::Error(sql::ErrorKind::usage, "a relation of " + relation_->owner().table +
                                                " was not loaded, and the session of its object is gone");
  }
  if (relation_->loading == Loading::raise) {
    throw sql::Error(sql::ErrorKind::usage, "a relation of " + relation_->owner().table +
                                                " that must be asked for, by Query::with, was not loaded");
  }
  session_->load(*relation_, owner());
}

}  // namespace detail

// Removals -----------------------------------------------------------------------------------------------------------

void Session::remove_object(const Entity& entity, const Object& object) {
  // What goes with it comes before it in removed_: gathered the other way round, with a list in place of recursion.
  std::vector<Pending> going{{&entity, object}};
  for (std::size_t i = 0; i < going.size(); ++i) {
    const Pending one = going[i];
    for (const RelationInfo& relation : one.entity->relations) {
      if (relation.cascade == Cascade::none || relation.kind == RelationKind::belongs_to) continue;
      void* const field = field_of(one.object.get(), relation.offset);
      if (!relation.access->loaded(field) && !is_new(one.object.get())) load(relation, one.object.get());
      for (std::size_t k = 0; k < relation.access->size(field); ++k) {
        const Object child = relation.access->at(field, k);
        const bool known = std::any_of(going.begin(), going.end(), [&](const auto& g) { return g.object == child; });
        if (!known) going.push_back({&relation.target(), child});
      }
    }
  }
  for (auto one = going.rbegin(); one != going.rend(); ++one) {
    if (is_new(one->object.get())) {
      expunge_object(*one->entity, one->object.get());
    } else if (std::none_of(removed_.begin(), removed_.end(), [&](const auto& r) { return r.object == one->object; })) {
      removed_.push_back(*one);
    }
  }
}

}  // namespace posthouse::orm
