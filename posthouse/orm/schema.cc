#include "posthouse/orm/schema.h"

#include <algorithm>

namespace posthouse::orm::detail {
namespace {

bool refers_to(const Entity& one, const Entity& other) {
  return std::any_of(one.columns.begin(), one.columns.end(), [&](const ColumnInfo& column) {
    return column.references && &column.references->entity() == &other;
  });
}

std::string type_sql(const ColumnInfo& column, bool sqlite) {
  switch (column.type->kind) {
    case ColumnKind::boolean:
      return "SMALLINT";
    case ColumnKind::integer:
      // SQLite gives out row numbers for this very word only.
      return sqlite && column.generated ? "INTEGER" : "BIGINT";
    case ColumnKind::real:
      return "DOUBLE";
    case ColumnKind::text:
      break;
    case ColumnKind::blob:
      return sqlite ? "BLOB" : "LONGBLOB";
    case ColumnKind::decimal:
      return sqlite ? "TEXT" : "DECIMAL(38, 10)";
    case ColumnKind::moment:
      return sqlite ? "TEXT" : "DATETIME(6)";
    case ColumnKind::day:
      return sqlite ? "TEXT" : "DATE";
    case ColumnKind::uuid:
      return "CHAR(36)";
    case ColumnKind::json:
      return sqlite ? "TEXT" : "LONGTEXT";
  }
  if (column.length == 0) return sqlite ? "TEXT" : "LONGTEXT";
  return "VARCHAR(" + std::to_string(column.length) + ")";
}

std::string_view action_sql(OnDelete action) {
  switch (action) {
    case OnDelete::cascade:
      return " ON DELETE CASCADE";
    case OnDelete::set_null:
      return " ON DELETE SET NULL";
    case OnDelete::restrict:
      break;
  }
  return "";
}

std::string column_sql(const Entity& entity, const ColumnInfo& column, bool sqlite) {
  std::string sql = quoted(column.name) + ' ' + type_sql(column, sqlite);
  if (!column.type->nullable) sql += " NOT NULL";
  if (column.primary_key && entity.keys == 1) {
    sql += " PRIMARY KEY";
    if (column.generated) sql += sqlite ? " AUTOINCREMENT" : " AUTO_INCREMENT";
  }
  if (column.unique) sql += " UNIQUE";
  if (!column.default_sql.empty()) sql += " DEFAULT (" + column.default_sql + ")";
  if (!column.check.empty()) sql += " CHECK (" + column.check + ")";
  return sql;
}

std::string foreign_key_sql(const std::string& column, const Entity& target, const std::string& field,
                            OnDelete action) {
  return "FOREIGN KEY (" + quoted(column) + ") REFERENCES " + quoted(target.table) + " (" + quoted(field) + ")" +
         std::string(action_sql(action));
}

std::string link_sql(const RelationInfo& relation, bool sqlite) {
  const auto column = [&](const std::string& name, const Entity& entity) {
    ColumnInfo key = entity.key_column();
    key.generated = false;
    return quoted(name) + ' ' + type_sql(key, sqlite) + " NOT NULL";
  };
  const Entity& owner = relation.owner();
  const Entity& target = relation.target();
  return "CREATE TABLE IF NOT EXISTS " + quoted(relation.link_table) + " (" + column(relation.link_owner, owner) +
         ", " + column(relation.link_target, target) + ", PRIMARY KEY (" + quoted(relation.link_owner) + ", " +
         quoted(relation.link_target) + "), " +
         foreign_key_sql(relation.link_owner, owner, owner.key_column().name, OnDelete::cascade) + ", " +
         foreign_key_sql(relation.link_target, target, target.key_column().name, OnDelete::cascade) + ")";
}

}  // namespace

std::vector<const Entity*> in_order(std::vector<const Entity*> entities) {
  std::vector<const Entity*> ordered;
  while (!entities.empty()) {
    // One that refers to none of the others that are left; in a circle, the first.
    auto next = std::find_if(entities.begin(), entities.end(), [&](const Entity* one) {
      return std::none_of(entities.begin(), entities.end(),
                          [&](const Entity* other) { return other != one && refers_to(*one, *other); });
    });
    if (next == entities.end()) next = entities.begin();
    ordered.push_back(*next);
    entities.erase(next);
  }
  return ordered;
}

std::vector<std::string> create_statements(const Entity& entity, std::string_view engine) {
  const bool sqlite = engine == "sqlite";
  std::string table;
  const auto add = [&](const std::string& part) { table += (table.empty() ? "" : ", ") + part; };
  std::string keys;
  for (const ColumnInfo& column : entity.columns) {
    add(column_sql(entity, column, sqlite));
    if (column.primary_key) keys += (keys.empty() ? "" : ", ") + quoted(column.name);
  }
  if (entity.keys > 1) add("PRIMARY KEY (" + keys + ")");
  for (const ColumnInfo& column : entity.columns) {
    if (!column.references) continue;
    const Entity& target = column.references->entity();
    const ColumnInfo* const field = target.column_at(column.references->offset);
    if (field == nullptr)
      throw sql::Error(sql::ErrorKind::usage, entity.table + '.' + column.name + " refers to no column");
    add(foreign_key_sql(column.name, target, field->name, column.references->on_delete));
  }
  for (const std::string& check : entity.checks) add("CHECK (" + check + ")");
  std::vector<std::string> statements{"CREATE TABLE IF NOT EXISTS " + quoted(entity.table) + " (" + table + ")"};
  for (const ColumnInfo& column : entity.columns) {
    if (!column.indexed) continue;
    statements.push_back("CREATE INDEX IF NOT EXISTS " + quoted(entity.table + "_by_" + column.name) + " ON " +
                         quoted(entity.table) + " (" + quoted(column.name) + ")");
  }
  return statements;
}

std::vector<std::string> link_statements(const Entity& entity, std::string_view engine) {
  std::vector<std::string> statements;
  for (const RelationInfo& relation : entity.relations) {
    if (relation.kind == RelationKind::many_to_many) statements.push_back(link_sql(relation, engine == "sqlite"));
  }
  return statements;
}

std::vector<std::string> drop_link_statements(const Entity& entity) {
  std::vector<std::string> statements;
  for (const RelationInfo& relation : entity.relations) {
    if (relation.kind == RelationKind::many_to_many) {
      statements.push_back("DROP TABLE IF EXISTS " + quoted(relation.link_table));
    }
  }
  return statements;
}

std::string drop_statement(const Entity& entity) {
  return "DROP TABLE IF EXISTS " + quoted(entity.table);
}

}  // namespace posthouse::orm::detail
