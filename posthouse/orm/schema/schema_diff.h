#pragma once
// In what a database differs from the entities it is meant for.
//
//     orm::SchemaDiff diff = orm::schema_diff<User, Book>(db);
//     for (const auto& difference : diff.differences) std::cout << difference.words << '\n';
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/orm/mapping/mapping.h"
#include "posthouse/sql/connection/connection.h"

namespace posthouse::orm {

/// What a difference is about.
enum class SchemaPart : std::uint8_t { table, column, primary_key, foreign_key, index, check };
/// `missing`: the database lacks it. `extra`: the entities do not know it. `different`: both have it, not alike.
enum class SchemaChange : std::uint8_t { missing, extra, different };

struct SchemaDifference {
  SchemaPart part = SchemaPart::table;
  SchemaChange change = SchemaChange::missing;
  std::string table{};
  std::string name{};   ///< Of the column or index; columns of a key, separated by ", "; the condition of a check.
  std::string words{};  ///< For people: "table user: column age is missing".
};

struct SchemaDiff {
  std::vector<SchemaDifference> differences{};
  /// In order, what gives the database what it lacks and makes different things alike. Nothing is dropped that could
  /// not be made again: columns and tables stay. In a new column that must not be NULL and has no default, rows get 0
  /// where it holds numbers, '' where it holds text of some length or octets; with other types (times, UUIDs) the
  /// engine refuses the statement unless the table is empty. On SQLite, where ALTER TABLE can do little, a table may be
  /// written anew: run them in a transaction with `PRAGMA foreign_keys = OFF`, as migrations do.
  std::vector<std::string> statements{};
  /// What would drop that which the entities do not know. Never part of `statements`: only a person can say whether it
  /// is still wanted.
  std::vector<std::string> dropping{};
  bool empty() const noexcept { return differences.empty(); }
};

struct SchemaDiffOptions {
  bool other_tables = false;           ///< Tell of tables that belong to no entity, too.
  std::vector<std::string> ignored{};  ///< Tables not to tell of.
};

namespace detail {
SchemaDiff diff_entities(sql::Connection& connection, const std::vector<const Entity*>& entities,
                         const SchemaDiffOptions& options);
}

/// Compares the tables of these entities (link tables included) with those of the database. Types, DEFAULTs and CHECKs
/// are compared as text, letter case, white space and parentheses aside; what an engine has written in another way
/// (MariaDB does so with longer conditions) is then told as different. Indexes are compared by columns, not by name.
template <class... Ts>
SchemaDiff schema_diff(sql::Connection& connection, const SchemaDiffOptions& options = {}) {
  return detail::diff_entities(connection, {&detail::entity_of<Ts>()...}, options);
}

}  // namespace posthouse::orm
