// What a session does when objects are added, removed, or related to each other: all of it in memory. The next flush
// writes what came of it.
#include <algorithm>

#include <fmt/format.h>

#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/keys.h"
#include "posthouse/orm/session/new_objects.h"
#include "posthouse/orm/session/session.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Entity;
using detail::IdentityMap;
using detail::RelationInfo;
using detail::RelationKind;

namespace {

[[noreturn]] void refuse_alone(const RelationInfo& belongs, const ColumnInfo& key) {
  throw sql::Error(
      sql::Errc::usage,
      fmt::format("a row of {} cannot be without one of {}: {} is no std::optional; remove it, or say Cascade::orphans",
                  belongs.owner().table, belongs.target().table, key.name));
}

}  // namespace

// New objects --------------------------------------------------------------------------------------------------------

void Session::add_object(const Entity& entity, Object object) {
  require_no_failure();
  if (object == nullptr) {
    throw sql::Error(sql::Errc::usage, "a null object cannot be added");
  }
  adopt(entity, object);
  adopt_related();
}

bool Session::is_new(const void* object) const {
  return new_->contains(object);
}

// Takes note of an object unless the session has it.
bool Session::adopt(const Entity& entity, const Object& object) {
  const bool undone = !removed_.empty() &&
                      std::erase_if(removed_, [&](const Pending& removed) { return removed.object == object; }) != 0;
  if (undone) {
    return false;
  }
  if (!entity.key_is_missing(object.get()) && map_of(entity).place_of(object.get()) != IdentityMap::nowhere) {
    return false;
  }
  if (new_->add(entity, object)) {
    attach(entity, object.get(), this);
  }
  return true;
}

// And of all that those noted lead to. new_ grows while it is walked.
void Session::adopt_related() {
  if (new_->relating) {
    return;  // further out it is going on
  }
  new_->relating = true;
  try {
    for (; new_->related < new_->size(); ++new_->related) {
      const auto entry = (*new_)[new_->related];
      if (entry.object == nullptr) {
        continue;
      }
      for (const RelationInfo& relation : entry.entity->relations) {
        void* const owner = entry.object.get();
        relation.set_loaded(owner);
        if (relation.linked(owner)) {
          continue;
        }
        for (std::size_t i = 0; i < relation.size(owner); ++i) {
          link_up(relation, entry.object, true, relation.at(owner, i));
        }
      }
    }
  } catch (...) {
    new_->relating = false;
    throw;
  }
  new_->relating = false;
}

// Both sides ---------------------------------------------------------------------------------------------------------

// The session's own reference to one of its objects; null when it is none.
std::shared_ptr<void> Session::shared(const Entity& entity, const void* object) {
  if (const std::size_t number = new_->find(object); number != detail::NewObjects::nowhere) {
    return (*new_)[number].object;
  }
  const IdentityMap& map = map_of(entity);
  const IdentityMap::Place place = map.place_of(object);
  return place == IdentityMap::nowhere ? nullptr : map.at(place);
}

bool Session::relate(const RelationInfo& relation, void* owner, const Object& object) {
  if (is_related(relation, owner, object.get())) {
    return false;
  }
  link_up(relation, shared(relation.owner(), owner), is_new(owner), object);
  adopt_related();
  return true;
}

// Of a relation to many. The list is looked through only where the object itself does not say that it is elsewhere.
bool Session::is_related(const RelationInfo& relation, const void* owner, const void* object) {
  if (object == nullptr || !relation.to_many()) {
    return false;
  }
  if (relation.kind == RelationKind::has_many && !is_new(owner)) {
    const auto key = detail::key_in(relation.owner(), *relation.target().column_at(relation.key_offset), object);
    const IdentityMap& map = map_of(relation.owner());
    if (!key || map.find(*key) != map.place_of(owner)) {
      return false;
    }
  }
  return relation.contains(owner, object);
}

// `object` comes into the relation of `owner`: it is the session's from now on, keys are set as far as they are known,
// and the other side follows.
void Session::link_up(const RelationInfo& relation, const Object& owner, bool owner_is_new, const Object& object) {
  if (object == nullptr) {
    throw sql::Error(sql::Errc::usage, "a null object cannot be added");
  }
  const bool object_is_new = adopt(relation.target(), object);
  const RelationInfo* const inverse = relation.inverse();
  if (relation.kind == RelationKind::belongs_to) {
    if (inverse != nullptr && !owner_is_new) {
      leave_other_owner(*inverse, owner.get());
    }
    if (object_is_new || owner_is_new) {
      assigned_.push_back({&relation.owner(), owner});
    } else {
      detail::copy_key(relation.target().key_column(), object.get(), *relation.owner().column_at(relation.key_offset),
                       owner.get());
    }
  } else if (relation.kind == RelationKind::many_to_many) {
    links_.push_back({&relation, owner, object, true});
  } else {
    if (!object_is_new) {
      leave_other_owner(relation, object.get());
    }
    if (!owner_is_new) {
      detail::copy_key(relation.owner().key_column(), owner.get(), *relation.target().column_at(relation.key_offset),
                       object.get());
    }
  }
  if (inverse == nullptr) {
    return;
  }
  const bool untouched = object_is_new && new_->find(object.get()) >= new_->related;
  if (!inverse->to_many() || inverse->loaded(object.get()) || untouched) {
    // The program may have told both sides.
    if (untouched || inverse->kind == RelationKind::many_to_many) {
      inverse->take_out(object.get(), owner.get());
    }
    inverse->append(object.get(), owner);
  }
}

// The list of the object that `object` belonged to, if it is loaded, forgets it. `owners` is the has_… relation.
void Session::leave_other_owner(const RelationInfo& owners, void* object) {
  const Entity& owner = owners.owner();
  const ColumnInfo& key = *owners.target().column_at(owners.key_offset);
  const std::optional<detail::Key> owner_key = detail::key_in(owner, key, object);
  if (!owner_key) {
    return;
  }
  const IdentityMap& map = map_of(owner);
  const IdentityMap::Place place = map.find(*owner_key);
  if (place != IdentityMap::nowhere) {
    owners.take_out(map.at(place).get(), object);
  }
}

void Session::unrelate(const RelationInfo& relation, void* owner, const Object& object) {
  const RelationInfo* const inverse = relation.inverse();
  if (relation.kind == RelationKind::many_to_many) {
    const auto same = [&](const LinkChange& link) {
      return link.add && ((link.relation == &relation && link.owner.get() == owner && link.target == object) ||
                          (link.relation == inverse && link.target.get() == owner && link.owner == object));
    };
    if (std::erase_if(links_, same) == 0) {
      links_.push_back({&relation, shared(relation.owner(), owner), object, false});
    }
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
  if (inverse != nullptr) {
    inverse->take_out(object.get(), owner);
  }
}

// Removals -----------------------------------------------------------------------------------------------------------

void Session::remove_object(const Entity& entity, const Object& object) {
  require_no_failure();
  // What goes with it comes before it in removed_: gathered the other way round, with a list in place of recursion.
  std::vector<Pending> going{{&entity, object}};
  for (std::size_t i = 0; i < going.size(); ++i) {
    const Pending one = going[i];
    for (const RelationInfo& relation : one.entity->relations) {
      if (relation.cascade == Cascade::none || relation.kind == RelationKind::belongs_to) {
        continue;
      }
      void* const owner = one.object.get();
      if (!relation.loaded(owner) && !is_new(owner)) {
        load(relation, owner);
      }
      for (std::size_t k = 0; k < relation.size(owner); ++k) {
        const Object child = relation.at(owner, k);
        const bool known = std::any_of(going.begin(), going.end(), [&](const auto& g) { return g.object == child; });
        if (!known) {
          going.push_back({&relation.target(), child});
        }
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
