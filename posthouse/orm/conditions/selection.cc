#include "posthouse/orm/conditions/selection.h"

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

std::string named(const Entity& entity, std::string_view name) {
  return name == entity.table ? sql::quoted(name) : sql::quoted(entity.table) + " AS " + sql::quoted(name);
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

Condition joins_on(const RelationInfo& relation, std::string_view name, std::string_view link) {
  const Entity& owner = relation.owner();
  const Entity& target = relation.target();
  const std::string our_key = column_of(owner.table, owner.key_column().name);
  const std::string their_key = column_of(name, target.key_column().name);
  switch (relation.kind) {
    case RelationKind::has_many:
    case RelationKind::has_one:
      return {column_of(name, column_or_throw(target, relation.key_offset).name) + " = " + our_key, {}};
    case RelationKind::belongs_to:
      return {their_key + " = " + column_of(owner.table, column_or_throw(owner, relation.key_offset).name), {}};
    case RelationKind::many_to_many:
      break;
  }
  return {their_key + " = " + column_of(link, relation.link_target) + " AND " + column_of(link, relation.link_owner) +
              " = " + our_key,
          {}};
}

void Selection::join(JoinKind kind, const Entity& target, Condition on) {
  joins.add(kind == JoinKind::left ? " LEFT JOIN " : " JOIN ").add(sql::quoted(target.table));
  joins.add(" ON ").add(on.sql, on.values);
}

void Selection::join(JoinKind kind, const RelationInfo& relation) {
  const std::string_view word = kind == JoinKind::left ? " LEFT JOIN " : " JOIN ";
  const Entity& target = relation.target();
  if (relation.kind == RelationKind::many_to_many) {
    // Both at once, so that a left join finds none of the one without the other.
    joins.add(word).add("(" + sql::quoted(relation.link_table) + " JOIN " + sql::quoted(target.table) + " ON " +
                        column_of(target.table, target.key_column().name) + " = " +
                        column_of(relation.link_table, relation.link_target) + ") ON ");
    joins.add(column_of(relation.link_table, relation.link_owner) + " = " +
              column_of(relation.owner().table, relation.owner().key_column().name));
    return;
  }
  join(kind, target, joins_on(relation, target.table, {}));
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
    joins.add("(" + sql::quoted(relation.link_table) + " AS " + sql::quoted(link) + " JOIN " + named(target, name) +
              " ON " + column_of(name, target.key_column().name) + " = " + column_of(link, relation.link_target) +
              ") ON " + column_of(link, relation.link_owner) + " = " +
              column_of(entity->table, entity->key_column().name));
  } else {
    joins.add(named(target, name)).add(" ON ").add(joins_on(relation, name, {}).sql);
  }
  return first;
}

Condition any_related(const RelationInfo& relation, Condition condition) {
  const Entity& target = relation.target();
  const bool linked = relation.kind == RelationKind::many_to_many;
  condition.sql = "EXISTS (SELECT 1 FROM " + sql::quoted(target.table) +
                  (linked ? ", " + sql::quoted(relation.link_table) : std::string()) + " WHERE " +
                  joins_on(relation, target.table, relation.link_table).sql + " AND (" + condition.sql + "))";
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
