#include "posthouse/orm/selection.h"

#include <limits>

namespace posthouse::orm::detail {
namespace {

std::string on(const std::string& table, const std::string& column, const std::string& other_table,
               const std::string& other_column) {
  return " JOIN " + quoted(table) + " ON " + quoted(table) + '.' + quoted(column) + " = " + quoted(other_table) + '.' +
         quoted(other_column);
}

}  // namespace

std::string Selection::where_sql(std::vector<sql::Value>& values) const {
  std::string sql;
  for (const Condition& condition : where) {
    sql += (sql.empty() ? " WHERE " : " AND ") + condition.sql;
    values.insert(values.end(), condition.values.begin(), condition.values.end());
  }
  return sql;
}

std::string Selection::sql(std::vector<sql::Value>& values, std::string_view instead) const {
  std::string columns(instead);
  if (instead.empty()) {
    for (const std::string& column : first_columns) columns += column + ", ";
    for (const ColumnInfo& column : entity->columns) {
      columns += quoted(entity->table) + '.' + quoted(column.name) + ", ";
    }
    columns.resize(columns.size() - 2);
  }
  std::string sql = std::string(distinct ? "SELECT DISTINCT " : "SELECT ") + columns + " FROM " +
                    quoted(entity->table) + joins + where_sql(values);
  for (std::size_t i = 0; i < order.size(); ++i) sql += (i == 0 ? " ORDER BY " : ", ") + order[i].sql;
  // Both engines want a LIMIT before an OFFSET.
  if (limit || offset != 0) {
    sql += " LIMIT " + std::to_string(limit.value_or(std::numeric_limits<std::int64_t>::max())) + " OFFSET " +
           std::to_string(offset);
  }
  return sql;
}

const RelationInfo& relation_or_throw(const Entity& entity, std::size_t offset) {
  const RelationInfo* const relation = entity.relation_at(offset);
  if (relation == nullptr) throw sql::Error(sql::ErrorKind::usage, "a field of " + entity.table + " is no relation");
  return *relation;
}

const ColumnInfo& column_or_throw(const Entity& entity, std::size_t offset) {
  const ColumnInfo* const column = entity.column_at(offset);
  if (column == nullptr) throw sql::Error(sql::ErrorKind::usage, "a field of " + entity.table + " is no column");
  return *column;
}

void throw_no_row(const Selection& selection) {
  std::vector<sql::Value> values;
  throw sql::Error(sql::ErrorKind::no_row, "no " + selection.entity->table + " found", selection.sql(values));
}

void throw_too_many_rows(const Selection& selection) {
  std::vector<sql::Value> values;
  throw sql::Error(sql::ErrorKind::too_many_rows, "more than one " + selection.entity->table + " found",
                   selection.sql(values));
}

void Selection::join(const RelationInfo& relation) {
  const Entity& target = relation.target();
  switch (relation.kind) {
    case RelationKind::has_many:
    case RelationKind::has_one:
      joins += on(target.table, target.column_at(relation.key_offset)->name, entity->table, entity->key_column().name);
      break;
    case RelationKind::belongs_to:
      joins += on(target.table, target.key_column().name, entity->table, entity->column_at(relation.key_offset)->name);
      break;
    case RelationKind::many_to_many:
      joins += on(relation.link_table, relation.link_owner, entity->table, entity->key_column().name);
      joins += on(target.table, target.key_column().name, relation.link_table, relation.link_target);
      break;
  }
}

}  // namespace posthouse::orm::detail
