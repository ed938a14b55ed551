#include <algorithm>
#include <set>
#include <utility>

#include "posthouse/orm/schema/alter.h"
#include "posthouse/orm/schema/compare.h"
#include "posthouse/orm/schema/ddl.h"
#include "posthouse/orm/schema/tables.h"

namespace posthouse::orm::detail {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

bool is_among(const std::vector<sql::TableInfo>& tables, const std::string& name) {
  return std::any_of(tables.begin(), tables.end(), [&](const sql::TableInfo& table) { return table.name == name; });
}

SchemaDifference whole_table(const std::string& name, SchemaChange change) {
  const std::string what = change == SchemaChange::missing ? " is missing" : " is in the database only";
  return {SchemaPart::table, change, name, name, "table " + name + what};
}

void add_other_tables(sql::Connection& connection, const std::vector<sql::TableInfo>& tables,
                      const SchemaDiffOptions& options, SchemaDiff& diff) {
  for (const std::string& name : sql::table_names(connection)) {
    const bool ignored = std::find(options.ignored.begin(), options.ignored.end(), name) != options.ignored.end();
    if (ignored || is_among(tables, name)) {
      continue;
    }
    diff.differences.push_back(whole_table(name, SchemaChange::extra));
    diff.dropping.push_back(drop_table(name));
  }
}

/// Columns by their tables' names and their own.
using Columns = std::set<std::pair<std::string, std::string>>;

// Columns that refer to each other must compare alike, and MariaDB changes none that a foreign key speaks of. So these
// keys go first, by the statements returned, and `differences` has them as missing.
std::vector<std::string> free_of_keys(std::vector<TableDifference>& differences) {
  Columns changing;
  for (const TableDifference& difference : differences) {
    for (const auto& [live, wanted] : difference.changed_columns) {
      if (!same_collation(live, wanted)) {
        changing.emplace(difference.wanted.name, wanted.name);
      }
    }
  }
  const auto any_changes = [&](const std::string& table, const std::vector<std::string>& columns) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const std::string& column) { return changing.contains({table, column}); });
  };
  std::vector<std::string> statements;
  for (TableDifference& difference : differences) {
    for (const sql::ForeignKeyInfo& key : difference.live.foreign_keys) {
      if (!any_changes(difference.wanted.name, key.columns) && !any_changes(key.table, key.referred)) {
        continue;
      }
      statements.push_back(drop_foreign_key(difference.live.name, key.name));
      const auto changed = std::find_if(difference.changed_keys.begin(), difference.changed_keys.end(),
                                        [&](const auto& live_and_wanted) { return live_and_wanted.first == key; });
      if (changed == difference.changed_keys.end()) {
        difference.missing_keys.push_back(key);
      } else {
        difference.missing_keys.push_back(changed->second);
        difference.changed_keys.erase(changed);
      }
    }
  }
  return statements;
}

}  // namespace

SchemaDiff diff_entities(sql::Connection& connection, const std::vector<const Entity*>& entities,
                         const SchemaDiffOptions& options) {
  const std::vector<sql::TableInfo> tables = tables_of(entities, connection);
  SchemaDiff diff;
  std::vector<sql::TableInfo> missing;
  for (const sql::TableInfo& table : tables) {
    if (sql::has_table(connection, table.name)) {
      continue;
    }
    missing.push_back(table);
    diff.differences.push_back(whole_table(table.name, SchemaChange::missing));
  }
  std::vector<TableDifference> differences;
  std::vector<std::vector<SchemaDifference>> in_words_of;
  for (const sql::TableInfo& table : tables) {
    if (!is_among(missing, table.name)) {
      differences.push_back(compare(sql::table_info(connection, table.name), table));
      in_words_of.push_back(in_words(differences.back()));
    }
  }
  Mending all;
  if (connection.engine() != "sqlite") {
    all.columns = free_of_keys(differences);
  }
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const Mending mending = mend(connection, differences[i]);
    std::vector<SchemaDifference>& words = in_words_of[i];
    if (!mending.why_not.empty() && !words.empty()) {
      words.back().words += " (SQLite has to write the table anew for these changes; it " + mending.why_not +
                            ", so this has to be done by hand)";
    }
    append(diff.differences, words);
    append(all.columns, mending.columns);
    append(all.constraints, mending.constraints);
    append(diff.dropping, mending.dropping);
  }
  diff.statements = std::move(all.columns);
  append(diff.statements, create_statements(missing, connection.engine()));
  append(diff.statements, all.constraints);
  if (options.other_tables) {
    add_other_tables(connection, tables, options, diff);
  }
  return diff;
}

}  // namespace posthouse::orm::detail
