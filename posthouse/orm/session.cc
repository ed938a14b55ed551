// Sessions: reading, and which object stands for which row. session_flush.cc writes, session_load.cc loads relations.
#include "posthouse/orm/session.h"

#include <algorithm>

#include "posthouse/sql/transaction.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::Key;
using detail::Persistent;
using detail::quoted;
using detail::RelationInfo;
using detail::Selection;

Session::Session(Engine& engine) : connection_(engine.connect()) {}

Session::~Session() {
  for (auto& [key, persistent] : objects_) let_go(*key.entity, persistent.object.get());
}

sql::detail::Run Session::start(const std::string& sql) {
  if (!connection_->in_transaction()) connection_->begin();
  ++statements_;
  return connection_->start(sql);
}

void Session::attach(const Entity& entity, void* object, Session* session) {
  for (const RelationInfo& relation : entity.relations) {
    relation.access->attach(field_of(object, relation.offset), session, &relation);
  }
}

// The object goes its own way from now on.
void Session::let_go(const Entity& entity, void* object) {
  attach(entity, object, nullptr);
  for (const RelationInfo& relation : entity.relations) {
    const bool other_side =
        relation.kind == detail::RelationKind::many_to_many && entity.table >= relation.target().table;
    if (relation.kind == detail::RelationKind::belongs_to || other_side) {
      relation.access->loosen(field_of(object, relation.offset));
    }
  }
}

// Objects and rows ---------------------------------------------------------------------------------------------------

// The object for the current row, whose first columns are the entity's.
std::shared_ptr<void> Session::take_row(const Entity& entity, const sql::detail::Run& run, bool overwrite) {
  const int count = static_cast<int>(entity.columns.size());
  std::vector<sql::Value> key;
  run.each_column(count, [&](int i, const sql::Column& column) {
    if (entity.columns[static_cast<std::size_t>(i)].primary_key) key.push_back(column.value());
  });
  Persistent& persistent = objects_[detail::make_key(entity, key)];
  if (persistent.object != nullptr && !overwrite) return persistent.object;
  if (persistent.object == nullptr) {
    persistent.object = entity.make();
    attach(entity, persistent.object.get(), this);
  }
  run.each_column(count, [&](int i, const sql::Column& column) {
    const ColumnInfo& info = entity.columns[static_cast<std::size_t>(i)];
    info.type->read(column, field_of(persistent.object.get(), info.offset));
  });
  persistent.stored = detail::row_hash(entity, persistent.object.get());
  return persistent.object;
}

std::vector<std::shared_ptr<void>> Session::select(const Selection& selection) {
  flush();
  return fetch(selection);
}

// Without a flush, which looks at every object: relations are loaded by many such statements in a row.
std::vector<std::shared_ptr<void>> Session::fetch(const Selection& selection) {
  std::vector<sql::Value> values;
  std::vector<std::shared_ptr<void>> found;
  {
    sql::detail::Run run = start(selection.sql(values));
    run.bind_values(values);
    while (run.step()) found.push_back(take_row(*selection.entity, run));
  }
  if (!found.empty()) {
    std::vector<void*> owners;
    for (const auto& object : found) owners.push_back(object.get());
    for (const RelationInfo* relation : selection.with) fill(*relation, owners);
    for (const RelationInfo& relation : selection.entity->relations) {
      if (relation.loading == Loading::selectin) fill(relation, owners);
    }
  }
  return found;
}

std::int64_t Session::count(const Selection& selection) {
  flush();
  std::vector<sql::Value> values;
  const std::string inner = selection.sql(values, selection.distinct || selection.limit ? "" : "COUNT(*)");
  const bool wrapped = selection.distinct || selection.limit;
  sql::detail::Run run = start(wrapped ? "SELECT COUNT(*) FROM (" + inner + ") AS counted" : inner);
  run.bind_values(values);
  std::int64_t rows = 0;
  while (run.step()) run.each_column(1, [&](int, const sql::Column& column) { rows = column.integer(); });
  return rows;
}

std::int64_t Session::change(const Selection& selection, const std::string& verb, const std::string& what,
                             std::vector<sql::Value> values) {
  if (!selection.joins.empty() || selection.limit || selection.offset != 0) {
    throw sql::Error(sql::ErrorKind::usage, "a statement that changes many rows takes conditions only");
  }
  flush();
  const std::string where = selection.where_sql(values);
  sql::detail::Run run = start(verb + quoted(selection.entity->table) + what + where);
  run.bind_values(values);
  return run.finish();
}

std::shared_ptr<void> Session::get_object(const Entity& entity, const std::vector<sql::Value>& key) {
  if (key.size() != entity.keys) {
    throw sql::Error(sql::ErrorKind::usage, "the primary key of " + entity.table + " has " +
                                                std::to_string(entity.keys) + " columns, given were " +
                                                std::to_string(key.size()));
  }
  if (const auto found = objects_.find(detail::make_key(entity, key)); found != objects_.end()) {
    return found->second.object;
  }
  Selection selection{&entity};
  auto value = key.begin();
  for (const ColumnInfo& column : entity.columns) {
    if (!column.primary_key) continue;
    selection.where.push_back(detail::compare(detail::column_sql(entity, column.offset), " = ", *value++));
  }
  const auto found = select(selection);
  return found.empty() ? nullptr : found.front();
}

void Session::add_object(const Entity& entity, std::shared_ptr<void> object) {
  if (object == nullptr) throw sql::Error(sql::ErrorKind::usage, "a null object cannot be added");
  const auto same = [&](const Pending& pending) { return pending.object == object; };
  if (std::any_of(new_.begin(), new_.end(), same)) return;
  if (!entity.key_is_missing(object.get())) {
    const auto found = objects_.find(detail::key_of(entity, object.get()));
    if (found != objects_.end() && found->second.object == object) return;
  }
  new_.push_back({&entity, std::move(object)});
}

void Session::remove_object(const Entity& entity, const std::shared_ptr<void>& object) {
  if (std::erase_if(new_, [&](const Pending& pending) { return pending.object == object; }) != 0) return;
  removed_.push_back({&entity, object});
}

void Session::refresh_object(const Entity& entity, const std::shared_ptr<void>& object) {
  const Key key = detail::key_of(entity, object.get());
  const auto found = objects_.find(key);
  if (found == objects_.end() || found->second.object != object) {
    throw sql::Error(sql::ErrorKind::usage, "the object is not one of this session");
  }
  std::vector<sql::Value> values;
  Selection selection{&entity};
  for (const ColumnInfo& column : entity.columns) {
    if (!column.primary_key) continue;
    selection.where.push_back(
        detail::compare(detail::column_sql(entity, column.offset), " = ",
                        detail::captured(column.type->bind, field_of(object.get(), column.offset))));
  }
  const std::string sql = selection.sql(values);
  sql::detail::Run run = start(sql);
  run.bind_values(values);
  if (!run.step()) detail::throw_no_row(selection);
  take_row(entity, run, true);
}

void Session::expunge_object(const Entity& entity, const void* object) {
  std::erase_if(new_, [&](const Pending& pending) { return pending.object.get() == object; });
  const auto found = objects_.find(detail::key_of(entity, object));
  if (found == objects_.end() || found->second.object.get() != object) return;
  let_go(entity, found->second.object.get());
  objects_.erase(found);
}

// Transactions -------------------------------------------------------------------------------------------------------

void Session::commit() {
  flush();
  connection_->commit();
}

void Session::rollback() {
  connection_->rollback();
  for (auto& [key, persistent] : objects_) let_go(*key.entity, persistent.object.get());
  objects_.clear();
  links_.clear();
  new_.clear();
  removed_.clear();
}

}  // namespace posthouse::orm
