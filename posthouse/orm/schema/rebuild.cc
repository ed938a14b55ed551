// SQLite's way to change a table: write it anew under another name, drop the old one, rename. See "Making Other Kinds
// Of Table Schema Changes" in SQLite's documentation of ALTER TABLE. Foreign keys must not be enforced meanwhile, or
// dropping the old table would do to other tables' rows what their ON DELETE says.
#include <algorithm>
#include <optional>

#include "posthouse/base/text.h"
#include "posthouse/orm/mapping/entity.h"
#include "posthouse/orm/schema/alter.h"
#include "posthouse/orm/schema/ddl.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm::detail {
namespace {

// What the present table has that this cannot write again; empty when there is nothing.
std::string obstacle(sql::Connection& connection, const TableDifference& difference) {
  const auto [type, without_rowid, strict] = connection.query_one<std::string, bool, bool>(
      "SELECT type, wr, strict FROM pragma_table_list(?) WHERE schema = 'main'", difference.live.name);
  if (type != "table") {
    return "is a virtual table";
  }
  if (without_rowid) {
    return "is WITHOUT ROWID";
  }
  if (strict) {
    return "is STRICT";
  }
  const bool generated = std::any_of(difference.live.columns.begin(), difference.live.columns.end(),
                                     [](const sql::ColumnInfo& column) { return column.generated; });
  return generated ? "has generated columns" : "";
}

// The table as wanted, and what only the present one has.
sql::TableInfo target_of(const TableDifference& difference) {
  sql::TableInfo target = difference.wanted;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (sql::ColumnInfo& column : target.columns) {
    const sql::ColumnInfo* const live = difference.live.column(column.name);
    if (live != nullptr && column.collation.empty()) {
      column.collation = live->collation;
    }
  }
  append(target.columns, difference.extra_columns);
  append(target.foreign_keys, difference.extra_keys);
  append(target.checks, difference.extra_checks);
  return target;
}

// What rows that are there get in a new column; empty where nothing is sure to make sense (a TEXT may keep a time).
std::string filling(const sql::ColumnInfo& column) {
  const std::string type = to_upper(column.type);
  if (type.starts_with("VARCHAR")) {
    return "''";
  }
  if (type.find("TEXT") != std::string::npos || type.find("CHAR") != std::string::npos) {
    return "";
  }
  return type.find("BLOB") != std::string::npos ? "x''" : "0";
}

std::string copy_rows(const TableDifference& difference, const sql::TableInfo& target, const std::string& to) {
  std::string columns;
  std::string values;
  const auto add = [&](const std::string& name, const std::string& value) {
    columns += (columns.empty() ? "" : ", ") + sql::quoted(name);
    values += (values.empty() ? "" : ", ") + value;
  };
  for (const sql::ColumnInfo& column : target.columns) {
    if (difference.live.column(column.name) != nullptr) {
      add(column.name, sql::quoted(column.name));
    } else if (!column.nullable && !column.default_sql && !column.auto_increment && !filling(column).empty()) {
      add(column.name, filling(column));
    }
  }
  return "INSERT INTO " + sql::quoted(to) + " (" + columns + ") SELECT " + values + " FROM " +
         sql::quoted(difference.live.name);
}

bool makes(const std::vector<sql::IndexInfo>& indexes, const std::string& name) {
  return std::any_of(indexes.begin(), indexes.end(), [&](const sql::IndexInfo& index) { return index.name == name; });
}

// Indexes and triggers go with the old table; those that are not made from the description are made as they were.
std::vector<std::string> companions(sql::Connection& connection, const TableDifference& difference) {
  std::vector<std::string> statements;
  for (const sql::IndexInfo& index : difference.wanted.indexes) {
    statements.push_back(create_index(difference.live.name, index));
  }
  for (const sql::IndexInfo& index : difference.extra_indexes) {
    if (!index.constraint) {
      continue;  // a UNIQUE of the old CREATE TABLE
    }
    sql::IndexInfo kept = index;
    kept.name = difference.live.name + "_by";
    for (const std::string& column : kept.columns) {
      kept.name += '_' + column;
    }
    statements.push_back(create_index(difference.live.name, kept));
  }
  for (const auto& [name, sql] : connection.query<std::string, std::string>(
           "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL AND"
           " type IN ('index', 'trigger') ORDER BY rowid",
           difference.live.name)) {
    const bool extra = makes(difference.extra_indexes, name);
    const bool index = makes(difference.live.indexes, name);
    if (!index || (extra && !makes(difference.wanted.indexes, name))) {
      statements.push_back(sql);
    }
  }
  return statements;
}

}  // namespace

std::vector<std::string> rebuild(sql::Connection& connection, const TableDifference& difference, std::string& why_not) {
  why_not = obstacle(connection, difference);
  if (!why_not.empty()) {
    return {};
  }
  const sql::TableInfo target = target_of(difference);
  const std::string& name = difference.live.name;
  const std::string fresh = name + "__new";
  std::vector<std::string> statements{
      create_table(target, "sqlite", fresh), copy_rows(difference, target, fresh), "DROP TABLE " + sql::quoted(name),
      // Views and triggers elsewhere speak of a table that is not there for a moment.
      "PRAGMA legacy_alter_table = ON", "ALTER TABLE " + sql::quoted(fresh) + " RENAME TO " + sql::quoted(name),
      "PRAGMA legacy_alter_table = OFF"};
  const std::vector<std::string> others = companions(connection, difference);
  statements.insert(statements.end(), others.begin(), others.end());
  return statements;
}

}  // namespace posthouse::orm::detail
