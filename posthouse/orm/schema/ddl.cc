#include "posthouse/orm/schema/ddl.h"

#include <algorithm>
#include <set>

#include "posthouse/orm/mapping/entity.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm::detail {

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + sql::quoted(name);
  }
  return list;
}

std::string column_definition(const sql::ColumnInfo& column, std::string_view engine, bool key) {
  std::string sql = sql::quoted(column.name) + ' ' + column.type;
  if (!column.collation.empty()) {
    sql += " COLLATE " + column.collation;
  }
  if (!column.nullable) {
    sql += " NOT NULL";
  }
  if (key) {
    sql += " PRIMARY KEY";
  }
  if (column.auto_increment) {
    sql += engine == "sqlite" ? " AUTOINCREMENT" : " AUTO_INCREMENT";
  }
  if (column.default_sql) {
    sql += " DEFAULT (" + *column.default_sql + ")";
  }
  return sql;
}

std::string foreign_key_definition(const sql::ForeignKeyInfo& key) {
  std::string sql = key.name.empty() ? "" : "CONSTRAINT " + sql::quoted(key.name) + ' ';
  sql += "FOREIGN KEY (" + quoted_list(key.columns) + ") REFERENCES " + sql::quoted(key.table) + " (" +
         quoted_list(key.referred) + ")";
  if (key.on_delete != sql::ForeignKeyAction::no_action) {
    sql += " ON DELETE " + std::string(sql::to_string(key.on_delete));
  }
  if (key.on_update != sql::ForeignKeyAction::no_action) {
    sql += " ON UPDATE " + std::string(sql::to_string(key.on_update));
  }
  return sql;
}

std::string check_definition(const sql::CheckInfo& check) {
  return (check.name.empty() ? "" : "CONSTRAINT " + sql::quoted(check.name) + ' ') + "CHECK (" + check.condition + ")";
}

std::string create_table(const sql::TableInfo& table, std::string_view engine, const std::string& name) {
  std::string parts;
  const auto add = [&](const std::string& part) { parts += (parts.empty() ? "" : ", ") + part; };
  const bool one_key = table.primary_key.size() == 1;
  for (const sql::ColumnInfo& column : table.columns) {
    add(column_definition(column, engine, one_key && column.name == table.primary_key.front()));
  }
  if (table.primary_key.size() > 1) {
    add("PRIMARY KEY (" + quoted_list(table.primary_key) + ")");
  }
  for (const sql::ForeignKeyInfo& key : table.foreign_keys) {
    add(foreign_key_definition(key));
  }
  for (const sql::CheckInfo& check : table.checks) {
    add(check_definition(check));
  }
  return (name.empty() ? "CREATE TABLE IF NOT EXISTS " + sql::quoted(table.name)
                       : "CREATE TABLE " + sql::quoted(name)) +
         " (" + parts + ")";
}

std::string create_index(const std::string& table, const sql::IndexInfo& index) {
  return std::string(index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") + "IF NOT EXISTS " +
         sql::quoted(index.name) + " ON " + sql::quoted(table) + " (" + quoted_list(index.columns) + ")";
}

std::vector<std::string> create_statements(const std::vector<sql::TableInfo>& tables, std::string_view engine) {
  std::vector<std::string> statements;
  std::vector<std::string> last;
  std::set<std::string> to_come;
  for (const sql::TableInfo& table : tables) {
    to_come.insert(table.name);
  }
  for (sql::TableInfo table : tables) {
    to_come.erase(table.name);
    for (auto key = table.foreign_keys.begin(); key != table.foreign_keys.end();) {
      if (engine != "sqlite" && to_come.contains(key->table)) {
        last.push_back("ALTER TABLE " + sql::quoted(table.name) + " ADD " + foreign_key_definition(*key));
        key = table.foreign_keys.erase(key);
      } else {
        ++key;
      }
    }
    statements.push_back(create_table(table, engine));
    for (const sql::IndexInfo& index : table.indexes) {
      statements.push_back(create_index(table.name, index));
    }
  }
  statements.insert(statements.end(), last.begin(), last.end());
  return statements;
}

std::string drop_table(const std::string& table) {
  return "DROP TABLE IF EXISTS " + sql::quoted(table);
}

std::string drop_foreign_key(const std::string& table, const std::string& name) {
  return "ALTER TABLE " + sql::quoted(table) + " DROP FOREIGN KEY " + sql::quoted(name);
}

std::string drop_index(const std::string& table, const std::string& index, std::string_view engine) {
  return "DROP INDEX " + sql::quoted(index) + (engine == "sqlite" ? "" : " ON " + sql::quoted(table));
}

std::vector<std::string> break_circles(sql::Connection& connection, const std::vector<sql::TableInfo>& tables) {
  std::vector<std::string> statements;
  std::set<std::string> gone;
  for (const sql::TableInfo& table : tables) {
    for (const sql::ForeignKeyInfo& key : sql::table_info(connection, table.name).foreign_keys) {
      if (!gone.contains(key.table)) {
        continue;
      }
      statements.push_back(drop_foreign_key(table.name, key.name));
    }
    gone.insert(table.name);
  }
  return statements;
}

}  // namespace posthouse::orm::detail
