#include <algorithm>

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

}  // namespace

SchemaDiff diff_entities(sql::Connection& connection, const std::vector<const Entity*>& entities,
                         const SchemaDiffOptions& options) {
  const std::vector<sql::TableInfo> tables = tables_of(entities, connection.engine());
  SchemaDiff diff;
  std::vector<sql::TableInfo> missing;
  for (const sql::TableInfo& table : tables) {
    if (sql::has_table(connection, table.name)) {
      continue;
    }
    missing.push_back(table);
    diff.differences.push_back(whole_table(table.name, SchemaChange::missing));
  }
  Mending all;
  for (const sql::TableInfo& table : tables) {
    if (is_among(missing, table.name)) {
      continue;
    }
    const TableDifference difference = compare(sql::table_info(connection, table.name), table);
    std::vector<SchemaDifference> words = in_words(difference);
    if (words.empty()) {
      continue;
    }
    const Mending mending = mend(connection, difference);
    if (!mending.why_not.empty()) {
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
