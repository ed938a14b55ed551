#pragma once
// A query without its types. (Internal; programs use Query.)
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/condition.h"

namespace posthouse::orm::detail {

struct Selection {
  const Entity* entity;
  bool distinct = false;
  std::string joins{};
  std::vector<Condition> where{};
  std::vector<Order> order{};
  std::optional<std::int64_t> limit{};
  std::int64_t offset = 0;
  std::vector<const RelationInfo*> with{};
  std::vector<std::string> first_columns{};  ///< selected before the entity's own

  /// The SELECT of the columns, or of `instead` (as "count(*)"), and the values for its parameters.
  std::string sql(std::vector<sql::Value>& values, std::string_view instead = {}) const;
  /// " WHERE …", and the values.
  std::string where_sql(std::vector<sql::Value>& values) const;
  /// JOINs the target of `relation`.
  void join(const RelationInfo& relation);
};

/// What the field at `offset` is. Throws Error (usage) when it is something else.
const RelationInfo& relation_or_throw(const Entity& entity, std::size_t offset);
const ColumnInfo& column_or_throw(const Entity& entity, std::size_t offset);
[[noreturn]] void throw_no_row(const Selection& selection);
[[noreturn]] void throw_too_many_rows(const Selection& selection);

}  // namespace posthouse::orm::detail
