#include "posthouse/orm/schema/alter.h"

#include <algorithm>

#include "posthouse/orm/mapping/entity.h"
#include "posthouse/orm/schema/ddl.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm::detail {
namespace {

// A DEFAULT that ALTER TABLE … ADD COLUMN takes on SQLite.
bool is_literal(const std::string& sql) {
  return sql.find_first_not_of("0123456789.+-") == std::string::npos ||
         (sql.front() == '\'' && sql.back() == '\'' && std::count(sql.begin(), sql.end(), '\'') == 2);
}

bool sqlite_can_add(const sql::ColumnInfo& column) {
  return column.default_sql ? is_literal(*column.default_sql) : column.nullable;
}

// ALTER TABLE of SQLite adds simple columns and no more.
bool needs_rebuild(const TableDifference& difference) {
  return difference.key_differs || !difference.changed_columns.empty() || !difference.missing_keys.empty() ||
         !difference.changed_keys.empty() || !difference.missing_checks.empty() ||
         !std::all_of(difference.missing_columns.begin(), difference.missing_columns.end(), sqlite_can_add);
}

std::string alter(const TableDifference& difference, const std::string& what) {
  return "ALTER TABLE " + sql::quoted(difference.live.name) + ' ' + what;
}

bool has_index_named(const sql::TableInfo& table, const std::string& name) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const sql::IndexInfo& index) { return index.name == name; });
}

void add_indexes(const TableDifference& difference, std::string_view engine, Mending& mending) {
  for (const sql::IndexInfo& index : difference.missing_indexes) {
    if (has_index_named(difference.live, index.name)) {
      mending.constraints.push_back(drop_index(difference.live.name, index.name, engine));
    }
    mending.constraints.push_back(create_index(difference.live.name, index));
  }
}

void drop_indexes(const TableDifference& difference, std::string_view engine, Mending& mending) {
  for (const sql::IndexInfo& index : difference.extra_indexes) {
    if (index.constraint || has_index_named(difference.wanted, index.name)) {
      continue;
    }
    mending.dropping.push_back(drop_index(difference.live.name, index.name, engine));
  }
}

void mend_sqlite(sql::Connection& connection, const TableDifference& difference, Mending& mending) {
  if (needs_rebuild(difference)) {
    mending.columns = rebuild(connection, difference, mending.why_not);
  } else {
    for (const sql::ColumnInfo& column : difference.missing_columns) {
      mending.columns.push_back(alter(difference, "ADD COLUMN " + column_definition(column, "sqlite")));
    }
    add_indexes(difference, "sqlite", mending);
  }
  drop_indexes(difference, "sqlite", mending);
  for (const sql::ColumnInfo& column : difference.extra_columns) {
    mending.dropping.push_back(alter(difference, "DROP COLUMN " + sql::quoted(column.name)));
  }
}

// MODIFY forgets the CHECK written behind the column, which has its name.
std::string modify(const TableDifference& difference, const sql::ColumnInfo& column) {
  std::string sql = "MODIFY COLUMN " + column_definition(column, "mariadb");
  for (const sql::CheckInfo& check : difference.live.checks) {
    if (check.name == column.name) {
      sql += " CHECK (" + check.condition + ")";
    }
  }
  return alter(difference, sql);
}

void mend_mariadb(const TableDifference& difference, Mending& mending) {
  for (const sql::ColumnInfo& column : difference.missing_columns) {
    mending.columns.push_back(alter(difference, "ADD COLUMN " + column_definition(column, "mariadb")));
  }
  for (const auto& [live, wanted] : difference.changed_columns) {
    mending.columns.push_back(modify(difference, wanted));
  }
  if (difference.key_differs) {
    mending.columns.push_back(
        alter(difference, std::string(difference.live.primary_key.empty() ? "" : "DROP PRIMARY KEY, ") +
                              "ADD PRIMARY KEY (" + quoted_list(difference.wanted.primary_key) + ")"));
  }
  for (const auto& [live, wanted] : difference.changed_keys) {
    mending.constraints.push_back(drop_foreign_key(difference.live.name, live.name));
    mending.constraints.push_back(alter(difference, "ADD " + foreign_key_definition(wanted)));
  }
  for (const auto& key : difference.missing_keys) {
    mending.constraints.push_back(alter(difference, "ADD " + foreign_key_definition(key)));
  }
  for (const auto& check : difference.missing_checks) {
    mending.constraints.push_back(alter(difference, "ADD " + check_definition(check)));
  }
  add_indexes(difference, "mariadb", mending);
  for (const auto& key : difference.extra_keys) {
    mending.dropping.push_back(drop_foreign_key(difference.live.name, key.name));
  }
  for (const auto& check : difference.extra_checks) {
    // One behind a column is no constraint of the table, and goes with MODIFY.
    const sql::ColumnInfo* const column = difference.live.column(check.name);
    mending.dropping.push_back(column == nullptr
                                   ? alter(difference, "DROP CONSTRAINT " + sql::quoted(check.name))
                                   : alter(difference, "MODIFY COLUMN " + column_definition(*column, "mariadb")));
  }
  drop_indexes(difference, "mariadb", mending);
  for (const sql::ColumnInfo& column : difference.extra_columns) {
    mending.dropping.push_back(alter(difference, "DROP COLUMN " + sql::quoted(column.name)));
  }
}

}  // namespace

Mending mend(sql::Connection& connection, const TableDifference& difference) {
  Mending mending;
  if (connection.engine() == "sqlite") {
    mend_sqlite(connection, difference, mending);
  } else {
    mend_mariadb(difference, mending);
  }
  return mending;
}

}  // namespace posthouse::orm::detail
