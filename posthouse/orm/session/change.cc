// Statements that change rows without objects, and what they mean for the objects a session has.
#include <algorithm>

#include <fmt/format.h>

#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/session.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::IdentityMap;
using detail::Selection;
using detail::SqlText;

// The session's objects among the rows that the selection finds.
std::vector<std::shared_ptr<void>> Session::known_of(const Selection& selection) {
  std::vector<Object> known;
  const Entity& entity = *selection.entity;
  const IdentityMap& map = map_of(entity);
  if (map.size() == 0) {
    return known;
  }
  Selection keys = selection;
  std::vector<int> places(entity.columns.size());
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    if (!entity.columns[i].primary_key) {
      continue;
    }
    places[i] = static_cast<int>(keys.columns.size());
    keys.columns.emplace_back(detail::column_sql(entity, entity.columns[i].offset));
  }
  sql::OrmGate::Run found = run(keys.sql());
  while (found.step()) {
    const IdentityMap::Place place = map.find(detail::key_of_row(entity, found, {0, places}));
    if (place != IdentityMap::nowhere) {
      known.push_back(map.at(place));
    }
  }
  return known;
}

namespace {

void expect_conditions_only(const Selection& selection) {
  if (!selection.joins.sql.empty() || !selection.group.empty() || selection.limit || selection.offset != 0) {
    throw sql::Error(sql::Errc::usage, "a statement that changes many rows takes conditions only");
  }
}

}  // namespace

// A statement that broke a constraint is undone by itself, and the transaction is what it was.
std::int64_t Session::change(const SqlText& text) {
  begin(sql::TransactionMode::immediate);
  wrote_ = true;
  try {
    return run(text).finish();
  } catch (const sql::Error& error) {
    const sql::Errc errc = error.errc();
    if (errc < sql::Errc::unique || errc > sql::Errc::constraint) {
      failure_ = error.what();
    }
    throw;
  }
}

std::int64_t Session::update_rows(const Selection& selection, const std::vector<Assignment>& assignments) {
  expect_conditions_only(selection);
  const Entity& entity = *selection.entity;
  SqlText text;
  text.add("UPDATE ").add(sql::quoted(entity.table));
  for (const Assignment& assignment : assignments) {
    if (assignment.entity != &entity) {
      throw sql::Error(sql::Errc::usage, fmt::format("an update of {} sets a column of another table", entity.table));
    }
    const ColumnInfo& column = detail::column_or_throw(entity, assignment.offset);
    text.add(&assignment == &assignments.front() ? " SET " : ", ").add(sql::quoted(column.name)).add(" = ");
    text.add(assignment.value.sql, assignment.value.values);
  }
  if (const ColumnInfo* const version = entity.version_column()) {
    text.add(", " + sql::quoted(version->name) + " = " + sql::quoted(version->name) + " + 1");
  }
  selection.add_where(text);
  const std::vector<Object> known = known_of(selection);
  const std::int64_t changed = change(text);
  for (const Object& object : known) {
    updated_.push_back({&entity, object});
    read_by_key(entity, object.get(), true);
  }
  return changed;
}

std::int64_t Session::remove_rows(const Selection& selection) {
  expect_conditions_only(selection);
  const Entity& entity = *selection.entity;
  SqlText text;
  text.add("DELETE FROM ").add(sql::quoted(entity.table));
  selection.add_where(text);
  const std::vector<Object> known = known_of(selection);
  const std::int64_t removed = change(text);
  for (const Object& object : known) {
    erased_.push_back({&entity, object});
    expunge_object(entity, object.get());
  }
  return removed;
}

std::shared_ptr<void> Session::upsert_object(const Entity& entity, const void* object,
                                             const std::vector<std::size_t>& unique) {
  if (options_.autoflush) {
    flush();
  }
  const auto decides = [&](const ColumnInfo& column) {
    if (unique.empty()) {
      return column.primary_key;
    }
    return std::find(unique.begin(), unique.end(), column.offset) != unique.end();
  };
  if (unique.empty() && entity.key_is_missing(object)) {
    throw sql::Error(sql::Errc::usage,
                     fmt::format("an upsert by the primary key of {} wants it to be set", entity.table));
  }
  const bool sqlite = connection_->engine() == "sqlite";
  SqlText text;
  Selection row{&entity};
  std::string names;
  std::string marks;
  std::string conflict;
  std::string sets;
  for (const ColumnInfo& column : entity.columns) {
    const std::string name = sql::quoted(column.name);
    sql::Value value = sql::OrmGate::captured(column.type->bind, field_of(object, column.offset));
    if (decides(column)) {
      conflict += (conflict.empty() ? "" : ", ") + name;
      row.where.push_back(detail::compare(detail::column_sql(entity, column.offset), " = ", value));
    }
    if (column.primary_key && entity.key_is_missing(object)) {
      continue;
    }
    names += (names.empty() ? "" : ", ") + name;
    marks += marks.empty() ? "?" : ", ?";
    text.values.push_back(std::move(value));
    if (decides(column) || column.primary_key) {
      continue;
    }
    const std::string set = column.version ? sql::quoted(entity.table) + '.' + name + " + 1"
                            : sqlite       ? "excluded." + name
                                           : "VALUES(" + name + ")";
    sets += (sets.empty() ? "" : ", ") + name + " = " + set;
  }
  for (const std::size_t offset : unique) {
    detail::column_or_throw(entity, offset);
  }
  // Where there is nothing to set, a column is set to itself: the row is there either way.
  if (sets.empty()) {
    sets = sql::quoted(entity.key_column().name) + " = " + sql::quoted(entity.table) + '.' +
           sql::quoted(entity.key_column().name);
  }
  text.sql = "INSERT INTO " + sql::quoted(entity.table) + " (" + names + ") VALUES (" + marks + ")" +
             (sqlite ? " ON CONFLICT (" + conflict + ") DO UPDATE SET " : " ON DUPLICATE KEY UPDATE ") + sets;
  change(text);
  sql::OrmGate::Run found = run(row.sql());
  if (!found.step()) {
    detail::throw_no_row(row);
  }
  const Object stored = take_row(map_of(entity), found, {}, Reading::again);
  updated_.push_back({&entity, stored});
  return stored;
}

}  // namespace posthouse::orm
