#include "posthouse/orm/conditions/selection.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "posthouse/sql/lexical.h"

namespace posthouse::orm::detail {
namespace {

std::string column_of(std::string_view table, const std::string& column) {
  return sql::quoted(table) + '.' + sql::quoted(column);
}

template <class Range>
void add_list(SqlText& text, std::string_view before, const Range& range, std::string_view between = ", ") {
  bool first = true;
  for (const auto& each : range) {
    text.add(first ? before : between).add(each.sql, each.values);
    first = false;
  }
}

std::string named(std::string_view table, std::string_view name) {
  return name == table ? sql::quoted(name) : sql::quoted(table) + " AS " + sql::quoted(name);
}

std::string_view word(JoinKind kind) {
  return kind == JoinKind::left ? " LEFT JOIN " : " JOIN ";
}

// The link table with the target, both at once, so that a left join finds none of the one without the other; and ON.
std::string linked(const RelationInfo& relation, std::string_view owner, std::string_view name, std::string_view link) {
  const Entity& target = relation.target();
  return "(" + named(relation.link_table, link) + " JOIN " + named(target.table, name) + " ON " +
         column_of(name, target.key_column().name) + " = " + column_of(link, relation.link_target) + ") ON " +
         column_of(link, relation.link_owner) + " = " + column_of(owner, relation.owner().key_column().name);
}

}  // namespace

Selection::Selection(const Entity* from) : entity(from) {}
Selection::Selection(const Selection& other) = default;
Selection::Selection(Selection&& other) noexcept = default;
Selection& Selection::operator=(const Selection& other) = default;
Selection& Selection::operator=(Selection&& other) noexcept = default;
Selection::~Selection() = default;

std::vector<Expression> columns_of(const Entity& entity, std::string_view name) {
  std::vector<Expression> columns;
  columns.reserve(entity.columns.size());
  for (const ColumnInfo& column : entity.columns) {
    columns.emplace_back(column_of(name, column.name));
    columns.back().entity = &entity;
  }
  return columns;
}

void Selection::add_columns(SqlText& text, bool with_names) const {
  int number = 0;
  for (const Expression& column : columns.empty() ? columns_of(*entity, entity->table) : columns) {
    text.add(number == 0 ? "" : ", ").add(column.sql, column.values);
    // Two columns of the same name cannot be in a subquery.
    if (with_names) {
      text.add(" AS c" + std::to_string(number));
    }
    ++number;
  }
}

void Selection::add_where(SqlText& text) const {
  for (std::size_t i = 0; i < where.size(); ++i) {
    text.add(i == 0 ? " WHERE (" : " AND (").add(where[i].sql, where[i].values).add(")");
  }
}

SqlText Selection::sql() const {
  return sql("");
}

SqlText Selection::sql(std::string_view instead) const {
  SqlText text;
  text.add(distinct ? "SELECT DISTINCT " : "SELECT ");
  if (instead.empty() || instead == "AS") {
    add_columns(text, !instead.empty());
  } else {
    text.add(instead);
  }
  if (entity != nullptr) {
    text.add(" FROM ").add(sql::quoted(entity->table));
  }
  text.add(joins.sql, joins.values);
  add_where(text);
  add_list(text, " GROUP BY ", group);
  add_list(text, " HAVING ", having, " AND ");
  for (std::size_t i = 0; i < order.size(); ++i) {
    text.add(i == 0 ? " ORDER BY " : ", ").add(order[i].sql, order[i].values).add(order[i].descending ? " DESC" : "");
  }
  // Both engines want a LIMIT before an OFFSET.
  if (limit || offset != 0) {
    text.add(" LIMIT ? OFFSET ?", {limit.value_or(std::numeric_limits<std::int64_t>::max()), offset});
  }
  return text;
}

SqlText Selection::count_sql() const {
  if (!distinct && !limit && offset == 0 && group.empty() && having.empty()) {
    return sql("COUNT(*)");
  }
  SqlText text = sql("AS");
  text.sql = "SELECT COUNT(*) FROM (" + text.sql + ") AS counted";
  return text;
}

SqlText Selection::exists_sql() const {
  SqlText text = sql(having.empty() ? "1" : "AS");
  text.sql = "SELECT EXISTS (" + text.sql + ")";
  return text;
}

// (a, b, …) behind (x, y, …): a > x, or a = x and b > y, or …; > is < for what is sorted downwards.
void Selection::after(std::vector<sql::Value> values) {
  if (values.size() != order.size() || values.empty()) {
    throw sql::Error(sql::Errc::usage, "after() takes one value for each thing that order_by() sorts by");
  }
  Condition behind;
  for (std::size_t last = 0; last < order.size(); ++last) {
    behind.sql += last == 0 ? "(" : " OR ";
    for (std::size_t i = 0; i <= last; ++i) {
      behind.sql += (i == 0 ? "(" : " AND ") + order[i].sql;
      behind.sql += i < last ? " = ?" : order[i].descending ? " < ?" : " > ?";
      behind.values.insert(behind.values.end(), order[i].values.begin(), order[i].values.end());
      behind.values.push_back(values[i]);
    }
    behind.sql += ')';
  }
  behind.sql += ')';
  where.push_back(std::move(behind));
}

Condition joins_on(const RelationInfo& relation, std::string_view owner_name, std::string_view name,
                   std::string_view link) {
  const Entity& owner = relation.owner();
  const Entity& target = relation.target();
  const std::string our_key = column_of(owner_name, owner.key_column().name);
  const std::string their_key = column_of(name, target.key_column().name);
  switch (relation.kind) {
    case RelationKind::has_many:
    case RelationKind::has_one:
      return {column_of(name, column_or_throw(target, relation.key_offset).name) + " = " + our_key, {}};
    case RelationKind::belongs_to:
      return {their_key + " = " + column_of(owner_name, column_or_throw(owner, relation.key_offset).name), {}};
    case RelationKind::many_to_many:
      break;
  }
  return {their_key + " = " + column_of(link, relation.link_target) + " AND " + column_of(link, relation.link_owner) +
              " = " + our_key,
          {}};
}

void Selection::add_name(std::string_view name) {
  if ((entity != nullptr && entity->table == name) || std::find(names.begin(), names.end(), name) != names.end()) {
    throw sql::Error(sql::Errc::usage,
                     fmt::format("{} is a table of the query already: join it under another name (orm::alias)", name));
  }
  names.emplace_back(name);
}

void Selection::join(JoinKind kind, const Entity& target, Condition on, std::string_view alias) {
  const std::string_view name = alias.empty() ? target.table : alias;
  add_name(name);
  joins.add(word(kind)).add(named(target.table, name)).add(" ON ").add(on.sql, on.values);
}

void Selection::join(JoinKind kind, const RelationInfo& relation, std::string_view alias,
                     std::string_view owner_alias) {
  const Entity& target = relation.target();
  const std::string_view name = alias.empty() ? target.table : alias;
  const std::string_view owner = owner_alias.empty() ? relation.owner().table : owner_alias;
  if (relation.kind != RelationKind::many_to_many) {
    return join(kind, target, joins_on(relation, owner, name, {}), alias);
  }
  const std::string link = alias.empty() ? relation.link_table : std::string(alias) + "_link";
  add_name(name);
  add_name(link);
  joins.add(word(kind)).add(linked(relation, owner, name, link));
}

int Selection::join_columns(const RelationInfo& relation, int number) {
  const Entity& target = relation.target();
  const std::string name = "joined_" + std::to_string(number);
  if (columns.empty()) {
    columns = columns_of(*entity, entity->table);
  }
  const auto first = static_cast<int>(columns.size());
  for (Expression& column : columns_of(target, name)) {
    columns.push_back(std::move(column));
  }
  joins.add(" LEFT JOIN ");
  if (relation.kind == RelationKind::many_to_many) {
    const std::string link = "link_" + std::to_string(number);
    joins.add(linked(relation, entity->table, name, link));
  } else {
    joins.add(named(target.table, name)).add(" ON ").add(joins_on(relation, entity->table, name, {}).sql);
  }
  return first;
}

namespace {

// Of a table to itself: inside of a subquery its name is that of the subquery's own rows, as the condition wants it, so
// that the row outside must be spoken of outside. IN finds no NULL, and yields none here.
Condition any_of_itself(const RelationInfo& relation, Condition condition, std::string_view owner_name) {
  const Entity& entity = relation.target();
  const std::string key = entity.key_column().name;
  std::string ours = column_of(owner_name, key);
  std::string theirs = column_of(entity.table, key);
  std::string from = sql::quoted(entity.table);
  switch (relation.kind) {
    case RelationKind::has_many:
    case RelationKind::has_one:
      theirs = column_of(entity.table, column_or_throw(entity, relation.key_offset).name);
      break;
    case RelationKind::belongs_to:
      ours = column_of(owner_name, column_or_throw(entity, relation.key_offset).name);
      break;
    case RelationKind::many_to_many:
      from += " JOIN " + sql::quoted(relation.link_table) + " ON " + theirs + " = " +
              column_of(relation.link_table, relation.link_target);
      theirs = column_of(relation.link_table, relation.link_owner);
      break;
  }
  condition.sql = "(" + ours + " IS NOT NULL AND " + ours + " IN (SELECT " + theirs + " FROM " + from + " WHERE " +
                  theirs + " IS NOT NULL AND (" + condition.sql + ")))";
  return condition;
}

}  // namespace

Condition any_related(const RelationInfo& relation, Condition condition, std::string_view owner_alias) {
  const Entity& target = relation.target();
  const std::string_view owner = owner_alias.empty() ? relation.owner().table : owner_alias;
  if (target.table == owner) {
    return any_of_itself(relation, std::move(condition), owner);
  }
  const bool linked = relation.kind == RelationKind::many_to_many;
  condition.sql = "EXISTS (SELECT 1 FROM " + sql::quoted(target.table) +
                  (linked ? ", " + sql::quoted(relation.link_table) : std::string()) + " WHERE " +
                  joins_on(relation, owner, target.table, relation.link_table).sql + " AND (" + condition.sql + "))";
  return condition;
}

const RelationInfo& relation_or_throw(const Entity& entity, std::size_t offset) {
  const RelationInfo* const relation = entity.relation_at(offset);
  if (relation == nullptr) {
    throw sql::Error(sql::Errc::usage, fmt::format("a field of {} is no relation", entity.table));
  }
  return *relation;
}

const ColumnInfo& column_or_throw(const Entity& entity, std::size_t offset) {
  const ColumnInfo* const column = entity.column_at(offset);
  if (column == nullptr) {
    throw sql::Error(sql::Errc::usage, fmt::format("a field of {} is no column", entity.table));
  }
  return *column;
}

void throw_no_row(const Selection& selection) {
  throw sql::Error(sql::Errc::no_row,
                   fmt::format("no {} found", (selection.entity == nullptr ? "row" : selection.entity->table)),
                   selection.sql().sql);
}

void throw_too_many_rows(const Selection& selection) {
  throw sql::Error(
      sql::Errc::too_many_rows,
      fmt::format("more than one {} found", (selection.entity == nullptr ? "row" : selection.entity->table)),
      selection.sql().sql);
}

}  // namespace posthouse::orm::detail
