#pragma once
// A query without its types. Private to this module; programs use Query and Select.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/conditions/condition.h"

namespace posthouse::orm::detail {

/// Relations to load with a query: that of its objects, then that of the objects found there, and so on.
struct Eager {
  std::vector<const RelationInfo*> path;
  Loading how = Loading::selectin;
};

enum class JoinKind : std::uint8_t { inner, left };

/// What copies and destroys one is not inline, as of SqlText.
struct Selection {
  explicit Selection(const Entity* from = nullptr);
  Selection(const Selection& other);
  Selection(Selection&& other) noexcept;
  Selection& operator=(const Selection& other);
  Selection& operator=(Selection&& other) noexcept;
  ~Selection();

  const Entity* entity;               ///< whose table the query is FROM
  std::vector<Expression> columns{};  ///< in place of the entity's own
  bool distinct = false;
  SqlText joins{};
  std::vector<std::string> names{};  ///< of the tables joined
  std::vector<Condition> where{};
  std::vector<Expression> group{};
  std::vector<Condition> having{};
  std::vector<Order> order{};
  std::optional<std::int64_t> limit{};
  std::int64_t offset = 0;
  std::vector<Eager> with{};

  SqlText sql() const;
  /// One row with how many rows there are.
  SqlText count_sql() const;
  /// One row: 1 when there is a row, else 0.
  SqlText exists_sql() const;
  void add_where(SqlText& text) const;
  /// Rows behind one in which the things sorted by are `values`.
  void after(std::vector<sql::Value> values);
  /// JOINs a table, under another name if there is one. Throws Error (usage) when one is there under that name.
  void join(JoinKind kind, const Entity& target, Condition on, std::string_view alias = {});
  /// JOINs the target of `relation`, whose owner's table is there already, perhaps as `owner_alias`. The link table of
  /// an alias has one too: its name and "_link".
  void join(JoinKind kind, const RelationInfo& relation, std::string_view alias = {},
            std::string_view owner_alias = {});
  /// Joins into `columns` those of `relation`'s target, under a name of their own; returns the first one's index.
  int join_columns(const RelationInfo& relation, int number);

 private:
  SqlText sql(std::string_view columns) const;
  void add_columns(SqlText& text, bool named) const;
  void add_name(std::string_view name);
};

/// The columns of the entity's table, which is called `name` in the statement.
std::vector<Expression> columns_of(const Entity& entity, std::string_view name);
/// The condition on which the target of `relation`, called `name`, is joined to its owner, called `owner`; of
/// many_to_many, by the link table called `link`.
Condition joins_on(const RelationInfo& relation, std::string_view owner, std::string_view name, std::string_view link);
/// True where `relation` leads to an object that meets the condition. The owner's table may be called `owner_alias`.
Condition any_related(const RelationInfo& relation, Condition condition, std::string_view owner_alias = {});
/// What the field at `offset` is. Throws Error (usage) when it is something else.
const RelationInfo& relation_or_throw(const Entity& entity, std::size_t offset);
const ColumnInfo& column_or_throw(const Entity& entity, std::size_t offset);
[[noreturn]] void throw_no_row(const Selection& selection);
[[noreturn]] void throw_too_many_rows(const Selection& selection);

}  // namespace posthouse::orm::detail
