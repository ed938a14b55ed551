// The unit of work: what a session writes, and in what order.
//
//   1. New objects that relations of known ones lead to become new objects of the session.
//   2. INSERTs, those referred to before those that refer; an object gets the keys of what it refers to just before.
//   3. UPDATEs of objects whose fingerprint differs from their row's.
//   4. Links of many-to-many relations that were added or taken away.
//   5. DELETEs, those that refer before those referred to.
#include <algorithm>

#include "posthouse/orm/schema.h"
#include "posthouse/orm/session.h"

namespace posthouse::orm {

using detail::captured;
using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::Persistent;
using detail::quoted;
using detail::RelationInfo;
using detail::RelationKind;

namespace {

// `names` as a list, each followed by `behind`.
std::string listed(const std::vector<std::string>& names, std::string_view behind = {},
                   std::string_view between = ", ") {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : std::string(between)) + name + std::string(behind);
  return list;
}

// Sets the field of `column` in `object` to an integer.
void set_integer(const ColumnInfo& column, void* object, std::int64_t value) {
  sql::Cell cell;
  cell.kind = sql::CellKind::integer;
  cell.integer = value;
  const sql::ColumnPlace place{nullptr, {}, 0, column.name};
  column.type->read(sql::Column(cell, 0, place), field_of(object, column.offset));
}

// Gives the field `to` of one object the value of the field `from` of another, of whatever types they are.
void copy_value(const ColumnInfo& from, const void* source, const ColumnInfo& to, void* target) {
  const sql::Value value = captured(from.type->bind, field_of(source, from.offset));
  const sql::ColumnPlace place{nullptr, {}, 0, to.name};
  to.type->read(sql::Column(sql::cell_of(value), 0, place), field_of(target, to.offset));
}

std::int64_t integer_of(const ColumnInfo& column, const void* object) {
  return std::get<std::int64_t>(captured(column.type->bind, field_of(object, column.offset)));
}

}  // namespace

void Session::flush() {
  gather_new();
  std::vector<const Entity*> entities;
  for (const auto* list : {&new_, &removed_}) {
    for (const Pending& pending : *list) {
      if (std::find(entities.begin(), entities.end(), pending.entity) == entities.end()) {
        entities.push_back(pending.entity);
      }
    }
  }
  entities = detail::in_order(std::move(entities));
  for (const Entity* entity : entities) {
    for (std::size_t i = 0; i < new_.size(); ++i) {
      if (new_[i].entity == entity) insert(new_[i]);
    }
  }
  new_.clear();
  for (auto& [key, persistent] : objects_) {
    set_keys(*key.entity, persistent.object.get());
    if (detail::row_hash(*key.entity, persistent.object.get()) != persistent.stored) update(*key.entity, persistent);
  }
  write_links();
  for (auto entity = entities.rbegin(); entity != entities.rend(); ++entity) {
    for (const Pending& removed : removed_) {
      if (removed.entity == *entity) erase(removed);
    }
  }
  removed_.clear();
}

// New objects --------------------------------------------------------------------------------------------------------

void Session::gather_new() {
  for (const auto& [key, persistent] : objects_) gather_related(*key.entity, persistent.object.get());
  // new_ grows while it is walked: relations of new objects lead to new ones again.
  for (std::size_t i = 0; i < new_.size(); ++i) {
    const Pending pending = new_[i];
    gather_related(*pending.entity, pending.object.get());
  }
}

void Session::gather_related(const Entity& entity, const void* object) {
  for (const RelationInfo& relation : entity.relations) {
    const void* const field = field_of(object, relation.offset);
    if (!relation.access->loaded(field)) continue;
    for (std::size_t i = 0; i < relation.access->size(field); ++i) {
      add_object(relation.target(), relation.access->at(field, i));
    }
  }
}

// Foreign keys of belongs_to relations that hold an object.
void Session::set_keys(const Entity& entity, void* object) {
  for (const RelationInfo& relation : entity.relations) {
    const void* const field = field_of(object, relation.offset);
    if (relation.kind != RelationKind::belongs_to || !relation.access->loaded(field) ||
        relation.access->size(field) == 0) {
      continue;
    }
    copy_value(relation.target().key_column(), relation.access->at(field, 0).get(),
               *entity.column_at(relation.key_offset), object);
  }
}

// The other way round: the objects on the many-side learn the key of `object`.
void Session::set_children_keys(const Entity& entity, const void* object) {
  for (const RelationInfo& relation : entity.relations) {
    if (relation.kind != RelationKind::has_many && relation.kind != RelationKind::has_one) continue;
    const void* const field = field_of(object, relation.offset);
    if (!relation.access->loaded(field)) continue;
    for (std::size_t i = 0; i < relation.access->size(field); ++i) {
      copy_value(entity.key_column(), object, *relation.target().column_at(relation.key_offset),
                 relation.access->at(field, i).get());
    }
  }
}

void Session::insert(const Pending& pending) {
  const Entity& entity = *pending.entity;
  void* const object = pending.object.get();
  set_keys(entity, object);
  const bool generate = entity.key_is_missing(object);
  std::vector<std::string> names;
  std::vector<std::string> marks;
  for (const ColumnInfo& column : entity.columns) {
    if (generate && column.primary_key) continue;
    names.push_back(quoted(column.name));
    marks.emplace_back("?");
  }
  {
    sql::detail::Run run =
        start("INSERT INTO " + quoted(entity.table) + " (" + listed(names) + ") VALUES (" + listed(marks) + ")");
    int index = 0;
    for (const ColumnInfo& column : entity.columns) {
      if (generate && column.primary_key) continue;
      column.type->bind(run.parameter(index++), field_of(object, column.offset));
    }
    run.finish();
  }
  if (generate) set_integer(entity.key_column(), object, connection_->last_insert_id());
  objects_[detail::key_of(entity, object)] = {pending.object, detail::row_hash(entity, object)};
  attach(entity, object, this);
  set_children_keys(entity, object);
}

// Changes and removals -----------------------------------------------------------------------------------------------

void Session::update(const Entity& entity, Persistent& persistent) {
  void* const object = persistent.object.get();
  const ColumnInfo* const version = entity.version_column();
  const std::int64_t before = version == nullptr ? 0 : integer_of(*version, object);
  std::vector<std::string> names;
  std::vector<std::string> keys;
  for (const ColumnInfo& column : entity.columns) (column.primary_key ? keys : names).push_back(quoted(column.name));
  if (version != nullptr) {
    keys.push_back(quoted(version->name));
    set_integer(*version, object, before + 1);
  }
  sql::detail::Run run = start("UPDATE " + quoted(entity.table) + " SET " + listed(names, " = ?") + " WHERE " +
                               listed(keys, " = ?", " AND "));
  int index = 0;
  for (const bool key : {false, true}) {
    for (const ColumnInfo& column : entity.columns) {
      if (column.primary_key == key) column.type->bind(run.parameter(index++), field_of(object, column.offset));
    }
  }
  if (version != nullptr) run.parameter(index).integer(before);
  if (run.finish() == 0) {
    if (version != nullptr) set_integer(*version, object, before);
    throw sql::Error(version != nullptr ? sql::ErrorKind::busy : sql::ErrorKind::no_row,
                     version != nullptr
                         ? "somebody else has changed or deleted this row of " + entity.table + " meanwhile"
                         : "the row of " + entity.table + " to be updated is gone");
  }
  persistent.stored = detail::row_hash(entity, object);
}

void Session::erase(const Pending& removed) {
  std::vector<std::string> keys;
  for (const ColumnInfo& column : removed.entity->columns) {
    if (column.primary_key) keys.push_back(quoted(column.name));
  }
  sql::detail::Run run =
      start("DELETE FROM " + quoted(removed.entity->table) + " WHERE " + listed(keys, " = ?", " AND "));
  int index = 0;
  for (const ColumnInfo& column : removed.entity->columns) {
    if (column.primary_key) column.type->bind(run.parameter(index++), field_of(removed.object.get(), column.offset));
  }
  run.finish();
  expunge_object(*removed.entity, removed.object.get());
}

// Links --------------------------------------------------------------------------------------------------------------

void Session::write_links() {
  for (auto& [key, persistent] : objects_) {
    for (const RelationInfo& relation : key.entity->relations) {
      if (relation.kind == RelationKind::many_to_many) write_links(relation, persistent.object.get());
    }
  }
}

void Session::write_links(const RelationInfo& relation, void* owner) {
  const void* const field = field_of(owner, relation.offset);
  if (!relation.access->loaded(field)) return;
  const ColumnInfo& ours = relation.owner().key_column();
  const ColumnInfo& theirs = relation.target().key_column();
  const sql::Value our_key = captured(ours.type->bind, field_of(owner, ours.offset));
  std::vector<std::string>& known = links_[field];
  std::vector<std::string> wanted;
  const auto run_link = [&](const std::string& sql, const sql::Value& their_key) {
    sql::detail::Run run = start(sql);
    run.bind_values({our_key, their_key});
    run.finish();
  };
  for (std::size_t i = 0; i < relation.access->size(field); ++i) {
    const sql::Value key = captured(theirs.type->bind, field_of(relation.access->at(field, i).get(), theirs.offset));
    wanted.push_back(detail::key_text(key));
    if (std::find(known.begin(), known.end(), wanted.back()) != known.end()) continue;
    run_link("INSERT INTO " + quoted(relation.link_table) + " (" + quoted(relation.link_owner) + ", " +
                 quoted(relation.link_target) + ") VALUES (?, ?)",
             key);
  }
  for (const std::string& gone : known) {
    if (std::find(wanted.begin(), wanted.end(), gone) != wanted.end()) continue;
    const std::string text = gone.substr(gone.find(':') + 1);
    const sql::Value key = gone.starts_with("1:") ? sql::Value(std::int64_t{std::stoll(text)}) : sql::Value(text);
    run_link("DELETE FROM " + quoted(relation.link_table) + " WHERE " + quoted(relation.link_owner) + " = ? AND " +
                 quoted(relation.link_target) + " = ?",
             key);
  }
  known = std::move(wanted);
}

}  // namespace posthouse::orm
