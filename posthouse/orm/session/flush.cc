// The unit of work: what a session writes, and in what order.
//
//   1. INSERTs, those referred to before those that refer; an object gets the keys of what it refers to just before.
//   2. Foreign keys of older objects that were given to new ones.
//   3. UPDATEs of the columns whose fingerprint differs from their row's.
//   4. Links of many-to-many relations that were added or taken away.
//   5. DELETEs, those that refer before those referred to (removal_order.h).
//
// A new object with the primary key of one that is removed takes over its row: an UPDATE.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/orm/mapping/order.h"
#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/keys.h"
#include "posthouse/orm/session/new_objects.h"
#include "posthouse/orm/session/removal_order.h"
#include "posthouse/orm/session/session.h"
#include "posthouse/orm/session/write.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::IdentityMap;
using detail::RelationInfo;
using detail::RelationKind;

namespace {

// `names` as a list, each followed by `behind`.
std::string listed(const std::vector<std::string>& names, std::string_view behind = {},
                   std::string_view between = ", ") {
  std::string list;
  for (const std::string& name : names) {
    list.append(list.empty() ? "" : between).append(name).append(behind);
  }
  return list;
}

std::string key_condition(const Entity& entity) {
  std::vector<std::string> keys;
  for (const ColumnInfo& column : entity.columns) {
    if (column.primary_key) {
      keys.push_back(sql::quoted(column.name));
    }
  }
  return listed(keys, " = ?", " AND ");
}

int bind_key(sql::OrmGate::Run& run, const Entity& entity, const void* object, int index) {
  for (const ColumnInfo& column : entity.columns) {
    if (column.primary_key) {
      column.type->bind(run.lasting_parameter(index++), field_of(object, column.offset));
    }
  }
  return index;
}

// Whether an INSERT of `object` leaves the column to the database.
bool left_out(const Entity& entity, const ColumnInfo& column, const void* object) {
  if (column.primary_key) {
    return entity.key_is_missing(object);
  }
  return column.from_server && sql::OrmGate::captured(column.type->bind, field_of(object, column.offset)).index() == 0;
}

std::vector<const Entity*> entities_of(const auto& pendings) {
  std::vector<const Entity*> entities;
  for (const auto& pending : pendings) {
    if (std::find(entities.begin(), entities.end(), pending.entity) == entities.end()) {
      entities.push_back(pending.entity);
    }
  }
  return detail::in_order(std::move(entities));
}

}  // namespace

void Session::flush() {
  flush_pending();
  update_changed();
}

// All but changes in objects, which would have to be looked for.
void Session::flush_pending() {
  require_no_failure();
  replace_removed();
  if (!new_->entries().empty() || !assigned_.empty() || !links_.empty()) {
    write([&] {
      for (const Entity* entity : entities_of(new_->entries())) {
        insert_all(*entity);
      }
      new_->clear();
      for (const Pending& assigned : std::exchange(assigned_, {})) {
        set_keys(*assigned.entity, assigned.object.get());
      }
      write_links();
    });
  }
  if (removed_.empty()) {
    return;
  }
  update_changed();  // a row may no longer refer to one that goes
  write([&] { erase_all(); });
}

// New objects --------------------------------------------------------------------------------------------------------

/// INSERTs of one entity, by one run of a statement as long as they set the same columns.
struct Session::Batch {
  std::optional<sql::OrmGate::Run> run{};
  std::vector<bool> left_out{};  ///< by column; of the statement that runs
  std::vector<bool> wanted{};    ///< the same of the next object
  bool in_chains = false;        ///< the table refers to itself

  void finish() {
    if (run) {
      run->run_batch();
    }
    run.reset();
  }
};

void Session::insert_all(const Entity& entity) {
  Batch batch;
  batch.in_chains = std::any_of(entity.relations.begin(), entity.relations.end(), [&](const RelationInfo& relation) {
    return relation.kind == RelationKind::belongs_to && &relation.target() == &entity;
  });
  for (std::size_t i = 0; i < new_->size(); ++i) {
    const auto& entry = (*new_)[i];
    if (entry.entity != &entity || entry.object == nullptr || entry.written) {
      continue;
    }
    if (batch.in_chains) {
      insert_chain(entity, entry.object, batch);
    } else {
      insert(entity, entry.object, batch);
      (*new_)[i].written = true;
    }
  }
  batch.finish();
}

// Those that `object` belongs to first, from the top.
void Session::insert_chain(const Entity& entity, const Object& object, Batch& batch) {
  std::vector<Object> chain{object};
  const auto add_next = [&] {
    for (const RelationInfo& relation : entity.relations) {
      if (relation.kind != RelationKind::belongs_to || &relation.target() != &entity) {
        continue;
      }
      if (relation.size(chain.back().get()) == 0) {
        continue;
      }
      const Object next = relation.at(chain.back().get(), 0);
      if (!is_new(next.get()) || std::find(chain.begin(), chain.end(), next) != chain.end()) {
        continue;
      }
      chain.push_back(next);
      return true;
    }
    return false;
  };
  while (add_next()) {
  }
  for (auto each = chain.rbegin(); each != chain.rend(); ++each) {
    insert(entity, *each, batch);
    (*new_)[new_->find(each->get())].written = true;
  }
}

// Makes `batch` run the statement that `object` wants; true when a column is to be read afterwards.
bool Session::start_insert(const Entity& entity, const void* object, Batch& batch) {
  bool read_back = false;
  batch.wanted.assign(entity.columns.size(), false);
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    batch.wanted[i] = left_out(entity, entity.columns[i], object);
    read_back = read_back || (batch.wanted[i] && entity.columns[i].from_server);
  }
  if (batch.run && batch.left_out == batch.wanted) {
    return read_back;
  }
  batch.finish();
  batch.left_out = batch.wanted;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    if (!batch.left_out[i]) {
      names.push_back(sql::quoted(entity.columns[i].name));
    }
  }
  const std::vector<std::string> marks(names.size(), "?");
  batch.run.emplace(
      start("INSERT INTO " + sql::quoted(entity.table) + " (" + listed(names) + ") VALUES (" + listed(marks) + ")"));
  return read_back;
}

void Session::insert(const Entity& entity, const Object& object, Batch& batch) {
  set_keys(entity, object.get());
  entity.call(Event::before_insert, object.get());
  const bool generated = entity.key_is_missing(object.get());
  const bool read_back = start_insert(entity, object.get(), batch);
  int index = 0;
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    if (batch.left_out[i]) {
      continue;
    }
    const ColumnInfo& column = entity.columns[i];
    column.type->bind(batch.run->lasting_parameter(index++), field_of(object.get(), column.offset));
  }
  batch.run->add_to_batch();
  if (generated || read_back) {
    batch.run->run_batch();
  }
  if (generated) {
    detail::set_integer(entity.key_column(), object.get(), connection_->last_insert_id());
  }
  inserted_.push_back({&entity, object});
  map_of(entity).insert(object);
  if (read_back) {
    read_by_key(entity, object.get(), true);
  }
  set_children_keys(entity, object.get());
  entity.call(Event::after_insert, object.get());
}

// Foreign keys of belongs_to relations that hold an object.
void Session::set_keys(const Entity& entity, void* object) {
  for (const RelationInfo& relation : entity.relations) {
    if (relation.kind != RelationKind::belongs_to) {
      continue;
    }
    if (!relation.loaded(object) || relation.size(object) == 0) {
      continue;
    }
    const Object target = relation.at(object, 0);
    if (is_new(target.get())) {
      continue;  // a circle: its key is set by assigned_
    }
    detail::copy_key(relation.target().key_column(), target.get(), *entity.column_at(relation.key_offset), object);
  }
}

// The other way round: the objects that a new one has learn its key.
void Session::set_children_keys(const Entity& entity, const void* object) {
  for (const RelationInfo& relation : entity.relations) {
    if (relation.kind != RelationKind::has_many && relation.kind != RelationKind::has_one) {
      continue;
    }
    const std::size_t size = relation.loaded(object) ? relation.size(object) : 0;
    if (size == 0) {
      continue;
    }
    const ColumnInfo& theirs = *relation.target().column_at(relation.key_offset);
    for (std::size_t i = 0; i < size; ++i) {
      detail::copy_key(entity.key_column(), object, theirs, relation.at(object, i).get());
    }
  }
}

// Changes and removals -----------------------------------------------------------------------------------------------

void Session::update_changed() {
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    IdentityMap& map = *maps_[i];
    for (IdentityMap::Place place = 0; place < map.end(); ++place) {
      if (map.at(place) != nullptr && map.is_changed(place)) {
        write_changed(map, place);
      }
    }
  }
}

void Session::write_changed(IdentityMap& map, std::uint32_t place) {
  // Before anything is written of the object, so that the program can put the key back and go on.
  if (map.place_of(map.at(place).get()) != place) {
    throw sql::Error(sql::Errc::usage,
                     fmt::format("the primary key of an object of {} was changed; remove it and add another one",
                                 map.entity().table));
  }
  write([&] { update(map, place); });
}

void Session::update(IdentityMap& map, std::uint32_t place) {
  const Entity& entity = map.entity();
  const Object object = map.at(place);
  entity.call(Event::before_update, object.get());
  const ColumnInfo* const version = entity.version_column();
  const std::int64_t before =
      version == nullptr ? 0 : version->type->integer(field_of(object.get(), version->offset)).value_or(0);
  if (version != nullptr) {
    detail::set_integer(*version, object.get(), before + 1);
  }
  std::vector<const ColumnInfo*> changed;
  std::vector<std::string> names;
  map.each_changed(place, [&](std::size_t column) {
    changed.push_back(&entity.columns[column]);
    names.push_back(sql::quoted(changed.back()->name));
  });
  if (changed.empty()) {
    return;  // a hook put it back
  }
  updated_.push_back({&entity, object});
  sql::OrmGate::Run run =
      start("UPDATE " + sql::quoted(entity.table) + " SET " + listed(names, " = ?") + " WHERE " +
            key_condition(entity) + (version == nullptr ? "" : " AND " + sql::quoted(version->name) + " = ?"));
  int index = 0;
  for (const ColumnInfo* column : changed) {
    column->type->bind(run.lasting_parameter(index++), field_of(object.get(), column->offset));
  }
  index = bind_key(run, entity, object.get(), index);
  if (version != nullptr) {
    run.parameter(index).integer(before);
  }
  if (run.finish() == 0) {
    if (version != nullptr) {
      detail::set_integer(*version, object.get(), before);
    }
    throw sql::Error(version != nullptr ? sql::Errc::busy : sql::Errc::no_row,
                     version != nullptr
                         ? "somebody else has changed or deleted this row of " + entity.table + " meanwhile"
                         : "the row of " + entity.table + " to be updated is gone");
  }
  map.set_stored(place);
  entity.call(Event::after_update, object.get());
}

void Session::replace_removed() {
  if (removed_.empty() || new_->entries().empty()) {
    return;
  }
  const auto key_of = [](const Entity& entity, const void* object) {
    detail::Key key = detail::key_of_object(entity, object);
    return std::tuple(&entity, key.number, std::move(key.text));
  };
  std::map<std::tuple<const Entity*, std::int64_t, std::string>, std::size_t> fresh;
  for (std::size_t i = 0; i < new_->size(); ++i) {
    const auto& entry = (*new_)[i];
    if (entry.object != nullptr && !entry.written && !entry.entity->key_is_missing(entry.object.get())) {
      fresh.emplace(key_of(*entry.entity, entry.object.get()), i);
    }
  }
  std::erase_if(removed_, [&](const Pending& removed) {
    const Entity& entity = *removed.entity;
    IdentityMap& map = map_of(entity);
    const IdentityMap::Place place = map.place_of(removed.object.get());
    const auto found = fresh.find(key_of(entity, removed.object.get()));
    if (found == fresh.end() || place == IdentityMap::nowhere) {
      return false;
    }
    auto& entry = (*new_)[found->second];
    const Object object = entry.object;
    entry.written = true;
    leave_all(removed);
    let_go(entity, removed.object.get());
    if (const ColumnInfo* const version = entity.version_column()) {
      version->type->copy(field_of(removed.object.get(), version->offset), field_of(object.get(), version->offset));
    }
    map.replace(place, object);
    erased_.push_back(removed);
    inserted_.push_back({&entity, object});
    assigned_.push_back({&entity, object});
    set_children_keys(entity, object.get());
    return true;
  });
}

void Session::erase_all() {
  std::vector<const Entity*> entities = entities_of(removed_);
  std::reverse(entities.begin(), entities.end());
  std::vector<Pending> order;
  for (const Entity* entity : entities) {
    std::copy_if(removed_.begin(), removed_.end(), std::back_inserter(order),
                 [&](const Pending& removed) { return removed.entity == entity; });
  }
  if (detail::refer_in_circle(entities)) {
    std::vector<detail::Removal> removals;
    for (const Pending& one : order) {
      removals.push_back({one.entity, one.object.get()});
    }
    std::vector<Pending> sorted;
    for (const detail::RemovalStep& step : detail::removal_order(removals)) {
      if (step.null_first != nullptr) {
        set_key_null(order[step.index], *step.null_first);
      } else {
        sorted.push_back(order[step.index]);
      }
    }
    order = std::move(sorted);
  }
  for (const Pending& removed : order) {
    erase(removed);
  }
  removed_.clear();
}

// In the row only: the object goes.
void Session::set_key_null(const Pending& of, const ColumnInfo& key) {
  sql::OrmGate::Run run = start("UPDATE " + sql::quoted(of.entity->table) + " SET " + sql::quoted(key.name) +
                                " = NULL WHERE " + key_condition(*of.entity));
  bind_key(run, *of.entity, of.object.get(), 0);
  run.finish();
}

void Session::erase(const Pending& removed) {
  const Entity& entity = *removed.entity;
  entity.call(Event::before_remove, removed.object.get());
  {
    sql::OrmGate::Run run = start("DELETE FROM " + sql::quoted(entity.table) + " WHERE " + key_condition(entity));
    bind_key(run, entity, removed.object.get(), 0);
    run.finish();
  }
  leave_all(removed);
  erased_.push_back(removed);
  expunge_object(entity, removed.object.get());
  entity.call(Event::after_remove, removed.object.get());
}

// Lists that have it, as far as they are loaded, forget it.
void Session::leave_all(const Pending& removed) {
  for (const RelationInfo& relation : removed.entity->relations) {
    const RelationInfo* const inverse = relation.inverse();
    if (relation.kind == RelationKind::belongs_to && inverse != nullptr) {
      leave_other_owner(*inverse, removed.object.get());
    } else if (relation.kind == RelationKind::many_to_many && inverse != nullptr) {
      const void* const object = removed.object.get();
      for (std::size_t i = 0; i < relation.size(object); ++i) {
        inverse->take_out(relation.at(object, i).get(), object);
      }
    }
  }
}

// Links --------------------------------------------------------------------------------------------------------------

void Session::write_links() {
  std::set<std::pair<const void*, const void*>> added;  // a program may have told both sides
  for (const LinkChange& link : std::exchange(links_, {})) {
    const RelationInfo& relation = *link.relation;
    const bool turned = relation.link_owner > relation.link_target;
    const auto pair = std::pair<const void*, const void*>(link.owner.get(), link.target.get());
    if (link.add && !added.insert(turned ? std::pair(pair.second, pair.first) : pair).second) {
      continue;
    }
    const std::string table = sql::quoted(relation.link_table);
    const std::string owner = sql::quoted(relation.link_owner);
    const std::string target = sql::quoted(relation.link_target);
    sql::OrmGate::Run run =
        start(link.add ? "INSERT INTO " + table + " (" + owner + ", " + target + ") VALUES (?, ?)"
                       : "DELETE FROM " + table + " WHERE " + owner + " = ? AND " + target + " = ?");
    const ColumnInfo& ours = relation.owner().key_column();
    const ColumnInfo& theirs = relation.target().key_column();
    ours.type->bind(run.lasting_parameter(0), field_of(link.owner.get(), ours.offset));
    theirs.type->bind(run.lasting_parameter(1), field_of(link.target.get(), theirs.offset));
    run.finish();
  }
}

}  // namespace posthouse::orm
