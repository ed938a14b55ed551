#include "posthouse/orm/condition.h"

#include <iterator>

namespace posthouse::orm::detail {

std::string column_sql(const Entity& entity, std::size_t offset) {
  const ColumnInfo* const column = entity.column_at(offset);
  if (column == nullptr) {
    throw sql::Error(sql::ErrorKind::usage, "a query uses a field of " + entity.table + " that is no column");
  }
  return quoted(entity.table) + '.' + quoted(column->name);
}

Condition compare(std::string_view column, std::string_view how, sql::Value value) {
  Condition condition{std::string(column) + std::string(how) + "?", {}};
  condition.values.push_back(std::move(value));
  return condition;
}

Condition any_of(std::string_view column, std::vector<sql::Value> values) {
  if (values.empty()) return {"1 = 0", {}};
  std::string sql = std::string(column) + " IN (?";
  for (std::size_t i = 1; i < values.size(); ++i) sql += ", ?";
  return {sql + ")", std::move(values)};
}

Expression composed(std::string_view before, const Expression& a, std::string_view between, const Expression& b,
                    std::string_view behind) {
  Expression all{std::string(before), a.values, a.entity != nullptr ? a.entity : b.entity};
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
