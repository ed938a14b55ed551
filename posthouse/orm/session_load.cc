// How relations are filled: for any number of objects by one statement for each some hundred keys.
#include <algorithm>
#include <span>
#include <unordered_map>

#include "posthouse/orm/session.h"

namespace posthouse::orm {

using detail::captured;
using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::key_text;
using detail::RelationInfo;
using detail::RelationKind;
using detail::Selection;

namespace {

// So that a statement's text, of which the engine keeps a prepared form, is one of few.
constexpr std::size_t keys_at_once = 500;

using Groups = std::unordered_map<std::string, std::vector<std::shared_ptr<void>>>;

sql::Value value_at(const ColumnInfo& column, const void* object) {
  return captured(column.type->bind, field_of(object, column.offset));
}

// The different values of `column` in `objects`, NULL left out.
std::vector<sql::Value> values_of(const ColumnInfo& column, const std::vector<void*>& objects) {
  std::unordered_map<std::string, sql::Value> seen;
  std::vector<sql::Value> values;
  for (const void* object : objects) {
    sql::Value value = value_at(column, object);
    if (value.index() != 0 && seen.try_emplace(key_text(value)).second) values.push_back(std::move(value));
  }
  return values;
}

// Calls f with a list of at most keys_at_once of `values` after the other.
template <class F>
void in_portions(const std::vector<sql::Value>& values, F&& f) {
  for (std::size_t at = 0; at < values.size(); at += keys_at_once) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(at);
    f(std::vector<sql::Value>(first, first + static_cast<std::ptrdiff_t>(std::min(keys_at_once, values.size() - at))));
  }
}

// Gives each owner's relation the objects under the value of its column.
void hand_out(const RelationInfo& relation, const ColumnInfo& column, const std::vector<void*>& owners,
              Groups& groups) {
  for (void* owner : owners) {
    const auto found = groups.find(key_text(value_at(column, owner)));
    relation.access->set(field_of(owner, relation.offset),
                         found == groups.end() ? std::vector<std::shared_ptr<void>>() : found->second);
  }
}

}  // namespace

void Session::load(const RelationInfo& relation, void* owner) {
  flush();
  fill(relation, {owner});
}

void Session::fill(const RelationInfo& relation, const std::vector<void*>& all) {
  std::vector<void*> owners;  // those that are not loaded, perhaps changed, already
  for (void* owner : all) {
    if (!relation.access->loaded(field_of(owner, relation.offset))) owners.push_back(owner);
  }
  if (owners.empty()) return;
  switch (relation.kind) {
    case RelationKind::has_many:
    case RelationKind::has_one:
      return load_children(relation, owners);
    case RelationKind::belongs_to:
      return load_parents(relation, owners);
    case RelationKind::many_to_many:
      return load_linked(relation, owners);
  }
}

void Session::load_children(const RelationInfo& relation, const std::vector<void*>& owners) {
  const Entity& target = relation.target();
  const ColumnInfo& key = relation.owner().key_column();
  const ColumnInfo& theirs = detail::column_or_throw(target, relation.key_offset);
  Groups groups;
  in_portions(values_of(key, owners), [&](std::vector<sql::Value> keys) {
    Selection selection{&target};
    selection.where.push_back(detail::any_of(detail::column_sql(target, theirs.offset), std::move(keys)));
    selection.order.push_back({detail::column_sql(target, target.key_column().offset)});
    for (auto& object : fetch(selection)) groups[key_text(value_at(theirs, object.get()))].push_back(object);
  });
  hand_out(relation, key, owners, groups);
}

void Session::load_parents(const RelationInfo& relation, const std::vector<void*>& owners) {
  const Entity& target = relation.target();
  const ColumnInfo& ours = detail::column_or_throw(relation.owner(), relation.key_offset);
  Groups groups;
  std::vector<sql::Value> missing;
  for (sql::Value& value : values_of(ours, owners)) {
    const auto known = objects_.find(detail::make_key(target, {value}));
    if (known == objects_.end()) {
      missing.push_back(std::move(value));
    } else {
      groups[key_text(value)].push_back(known->second.object);
    }
  }
  in_portions(missing, [&](std::vector<sql::Value> keys) {
    Selection selection{&target};
    selection.where.push_back(detail::any_of(detail::column_sql(target, target.key_column().offset), std::move(keys)));
    for (auto& object : fetch(selection)) groups[key_text(value_at(target.key_column(), object.get()))] = {object};
  });
  hand_out(relation, ours, owners, groups);
}

void Session::load_linked(const RelationInfo& relation, const std::vector<void*>& owners) {
  const Entity& target = relation.target();
  const ColumnInfo& key = relation.owner().key_column();
  const std::string link = detail::quoted(relation.link_table) + '.';
  const std::string owner_column = link + detail::quoted(relation.link_owner);
  std::vector<std::pair<std::string, std::string>> links;  // owner, target
  std::vector<sql::Value> target_keys;
  in_portions(values_of(key, owners), [&](const std::vector<sql::Value>& keys) {
    const Condition condition = detail::any_of(owner_column, keys);
    sql::detail::Run run =
        start("SELECT " + owner_column + ", " + link + detail::quoted(relation.link_target) + " FROM " +
              detail::quoted(relation.link_table) + " WHERE " + condition.sql + " ORDER BY 1, 2");
    run.bind_values(condition.values);
    while (run.step()) {
      std::vector<sql::Value> pair;
      run.each_column(2, [&](int, const sql::Column& column) { pair.push_back(column.value()); });
      links.emplace_back(key_text(pair[0]), key_text(pair[1]));
      target_keys.push_back(std::move(pair[1]));
    }
  });
  std::unordered_map<std::string, std::shared_ptr<void>> targets;
  in_portions(target_keys, [&](std::vector<sql::Value> keys) {
    Selection selection{&target};
    selection.where.push_back(detail::any_of(detail::column_sql(target, target.key_column().offset), std::move(keys)));
    for (auto& object : fetch(selection)) targets[key_text(value_at(target.key_column(), object.get()))] = object;
  });
  Groups groups;
  std::unordered_map<std::string, std::vector<std::string>> known;
  for (const auto& [owner, linked] : links) {
    groups[owner].push_back(targets.at(linked));
    known[owner].push_back(linked);
  }
  for (const void* owner : owners) links_[field_of(owner, relation.offset)] = known[key_text(value_at(key, owner))];
  hand_out(relation, key, owners, groups);
}

namespace detail {

void RelationField::need() const {
  if (loaded_) return;
  if (session_ == nullptr) {
    if (relation_ == nullptr) return;  // of an object that never was in a session: there is nothing to load
    throw sql::Error(sql::ErrorKind::usage, "a relation of " + relation_->owner().table +
                                                " was not loaded, and the session of its object is gone");
  }
  if (relation_->loading == Loading::raise) {
    throw sql::Error(sql::ErrorKind::usage, "a relation of " + relation_->owner().table +
                                                " that must be asked for, by Query::with, was not loaded");
  }
  void* const owner = const_cast<char*>(reinterpret_cast<const char*>(this)) - relation_->offset;
  session_->load(*relation_, owner);
}

}  // namespace detail
}  // namespace posthouse::orm
