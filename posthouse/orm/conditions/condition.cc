#include "posthouse/orm/conditions/condition.h"

#include <iterator>

#include <fmt/format.h>

#include "posthouse/sql/lexical.h"

namespace posthouse::orm::detail {

SqlText::SqlText() = default;
SqlText::SqlText(std::string text) : sql(std::move(text)) {}
SqlText::SqlText(std::string text, std::vector<sql::Value> parameters)
    : sql(std::move(text)), values(std::move(parameters)) {}
SqlText::SqlText(const SqlText& other) = default;
SqlText::SqlText(SqlText&& other) noexcept = default;
SqlText& SqlText::operator=(const SqlText& other) = default;
SqlText& SqlText::operator=(SqlText&& other) noexcept = default;
SqlText::~SqlText() = default;

SqlText& SqlText::add(std::string_view text) {
  sql += text;
  return *this;
}

SqlText& SqlText::add(std::string_view text, const std::vector<sql::Value>& more) {
  values.insert(values.end(), more.begin(), more.end());
  return add(text);
}

std::string column_sql(const Entity& entity, std::size_t offset, std::string_view alias) {
  const ColumnInfo* const column = entity.column_at(offset);
  if (column == nullptr) {
    throw sql::Error(sql::Errc::usage, fmt::format("a query uses a field of {} that is no column", entity.table));
  }
  return sql::quoted(alias.empty() ? entity.table : alias) + '.' + sql::quoted(column->name);
}

Expression column_expression(const Entity& entity, std::size_t offset) {
  Expression column(column_sql(entity, offset));
  column.entity = &entity;
  return column;
}

Expression column_expression(const Entity& entity, std::size_t offset, std::string_view alias) {
  return Expression(column_sql(entity, offset, alias));
}

Expression constant(sql::Value value) {
  Expression expression("?");
  expression.values.push_back(std::move(value));
  return expression;
}

Condition compare(std::string_view column, std::string_view how, sql::Value value) {
  Condition condition(std::string(column) + std::string(how) + "?");
  condition.values.push_back(std::move(value));
  return condition;
}

Condition compare(const Expression& a, std::string_view how, const Expression& b) {
  Expression both = composed("", a, how, b, "");
  return {std::move(both.sql), std::move(both.values)};
}

Condition any_of(std::string_view column, std::vector<sql::Value> values) {
  if (values.empty()) {
    return {"1 = 0", {}};
  }
  std::string sql = std::string(column) + " IN (?";
  for (std::size_t i = 1; i < values.size(); ++i) {
    sql += ", ?";
  }
  return {sql + ")", std::move(values)};
}

Condition any_of(const Expression& expression, std::vector<sql::Value> values) {
  Condition condition = any_of(expression.sql, std::move(values));
  if (condition.values.empty()) {
    return condition;
  }
  condition.values.insert(condition.values.begin(), expression.values.begin(), expression.values.end());
  return condition;
}

Order order_by(const Expression& expression, bool descending) {
  Order order(expression.sql, expression.values);
  order.descending = descending;
  return order;
}

Expression composed(std::string_view before, const Expression& a, std::string_view between, const Expression& b,
                    std::string_view behind) {
  Expression all(std::string(before), a.values);
  all.entity = a.entity != nullptr ? a.entity : b.entity;
  all.sql.append(a.sql).append(between).append(b.sql).append(behind);
  all.values.insert(all.values.end(), b.values.begin(), b.values.end());
  return all;
}

}  // namespace posthouse::orm::detail

namespace posthouse::orm {
namespace {

Condition joined(Condition a, std::string_view word, Condition b) {
  a.sql = '(' + a.sql + std::string(word) + b.sql + ')';
  a.values.insert(a.values.end(), std::make_move_iterator(b.values.begin()), std::make_move_iterator(b.values.end()));
  return a;
}

}  // namespace

Condition operator&&(Condition a, Condition b) {
  return joined(std::move(a), " AND ", std::move(b));
}

Condition operator||(Condition a, Condition b) {
  return joined(std::move(a), " OR ", std::move(b));
}

Condition operator!(Condition a) {
  a.sql = "NOT (" + a.sql + ')';
  return a;
}

}  // namespace posthouse::orm
