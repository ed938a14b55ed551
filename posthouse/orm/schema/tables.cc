#include "posthouse/orm/schema/tables.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/orm/mapping/order.h"
#include "posthouse/orm/schema/collation.h"
#include "posthouse/orm/schema/ddl.h"
#include "posthouse/sql/connection/transaction.h"

namespace posthouse::orm::detail {
namespace {

bool refers_to(const sql::TableInfo& one, const sql::TableInfo& other) {
  return std::any_of(one.foreign_keys.begin(), one.foreign_keys.end(),
                     [&](const sql::ForeignKeyInfo& key) { return key.table == other.name; });
}

std::string type_sql(const ColumnInfo& column, bool sqlite) {
  const std::string& own = sqlite ? column.sqlite_type : column.mariadb_type;
  if (!own.empty()) {
    return own;
  }
  if (!column.type_sql.empty()) {
    return column.type_sql;
  }
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
      if (sqlite) {
        return "TEXT";
      }
      return "DECIMAL(" + std::to_string(column.digits) + ", " + std::to_string(column.scale) + ")";
    case ColumnKind::moment:
      return sqlite ? "TEXT" : "DATETIME(6)";
    case ColumnKind::day:
      return sqlite ? "TEXT" : "DATE";
    case ColumnKind::uuid:
      return "CHAR(36)";
    case ColumnKind::json:
      return sqlite ? "TEXT" : "LONGTEXT";
  }
  if (column.length == 0) {
    return sqlite ? "TEXT" : "LONGTEXT";
  }
  return "VARCHAR(" + std::to_string(column.length) + ")";
}

// How its text compares; empty where the program's own type says it, or nothing has to. `octets`: octet_collation.
std::string collation(const ColumnInfo& column, bool sqlite, const std::string& octets) {
  if (!(sqlite ? column.sqlite_type : column.mariadb_type).empty() || !column.type_sql.empty()) {
    return {};
  }
  switch (column.type->kind) {
    case ColumnKind::text:
    case ColumnKind::uuid:
    case ColumnKind::json:
      return octets;
    case ColumnKind::decimal:
      return sqlite ? "decimal" : "";
    default:
      return {};
  }
}

// OnDelete and OnUpdate have the same values.
template <class Action>
sql::ForeignKeyAction action(Action action) {
  switch (action) {
    case Action::cascade:
      return sql::ForeignKeyAction::cascade;
    case Action::set_null:
      return sql::ForeignKeyAction::set_null;
    case Action::restrict:
      break;
  }
  return sql::ForeignKeyAction::no_action;
}

std::vector<std::string> column_names(const Entity& entity, const std::vector<std::size_t>& offsets) {
  std::vector<std::string> names;
  for (const std::size_t offset : offsets) {
    const ColumnInfo* const column = entity.column_at(offset);
    if (column == nullptr) {
      throw sql::Error(
          sql::Errc::usage,
          fmt::format("the description of table \"{}\": a key or index has a field that is no column", entity.table));
    }
    names.push_back(column->name);
  }
  return names;
}

std::string joined(std::string name, std::string_view between, const std::vector<std::string>& columns) {
  name += between;
  for (const std::string& column : columns) {
    name += '_' + column;
  }
  return name;
}

sql::ForeignKeyInfo foreign_key(const std::string& table, std::vector<std::string> columns, const Entity& target,
                                const std::vector<std::size_t>& referred) {
  sql::ForeignKeyInfo key;
  key.name = joined("fk_" + table, "", columns);
  key.columns = std::move(columns);
  key.table = target.table;
  key.referred = column_names(target, referred);
  return key;
}

sql::IndexInfo index(const Entity& entity, const IndexSpec& spec) {
  std::vector<std::string> columns = column_names(entity, spec.offsets);
  const std::string name = spec.name.empty() ? joined(entity.table, "_by", columns) : spec.name;
  return {name, std::move(columns), spec.unique, false, false};
}

void add_keys_and_indexes(const Entity& entity, sql::TableInfo& table) {
  for (const ColumnInfo& column : entity.columns) {
    if (column.indexed || column.unique) {
      table.indexes.push_back(index(entity, {{}, {column.offset}, column.unique}));
    }
    if (!column.references) {
      continue;
    }
    const Reference& to = *column.references;
    table.foreign_keys.push_back(foreign_key(entity.table, {column.name}, to.entity(), {to.offset}));
    table.foreign_keys.back().on_delete = action(to.on_delete);
    table.foreign_keys.back().on_update = action(to.on_update);
  }
  for (const CompositeReference& to : entity.references) {
    table.foreign_keys.push_back(foreign_key(entity.table, column_names(entity, to.offsets), to.entity(), to.referred));
    table.foreign_keys.back().on_delete = action(to.on_delete);
    table.foreign_keys.back().on_update = action(to.on_update);
  }
  for (const IndexSpec& spec : entity.indexes) {
    table.indexes.push_back(index(entity, spec));
  }
}

sql::TableInfo table_of(const Entity& entity, bool sqlite, const std::string& octets) {
  sql::TableInfo table;
  table.name = entity.table;
  for (const ColumnInfo& column : entity.columns) {
    const auto default_sql = column.default_sql.empty() ? std::nullopt : std::optional(column.default_sql);
    table.columns.push_back({column.name, type_sql(column, sqlite), column.type->nullable, default_sql,
                             column.generated, false, collation(column, sqlite, octets)});
    if (column.primary_key) {
      table.primary_key.push_back(column.name);
    }
    if (!column.check.empty()) {
      table.checks.push_back({{}, column.check});
    }
  }
  for (const std::string& check : entity.checks) {
    table.checks.push_back({{}, check});
  }
  add_keys_and_indexes(entity, table);
  return table;
}

sql::TableInfo link_table_of(const RelationInfo& relation, bool sqlite, const std::string& octets) {
  sql::TableInfo table;
  table.name = relation.link_table;
  const auto add = [&](const std::string& name, const Entity& entity) {
    ColumnInfo key = entity.key_column();
    key.generated = false;
    table.columns.push_back({name, type_sql(key, sqlite), false, {}, false, false, collation(key, sqlite, octets)});
    table.primary_key.push_back(name);
    table.foreign_keys.push_back(foreign_key(table.name, {name}, entity, {key.offset}));
    table.foreign_keys.back().on_delete = sql::ForeignKeyAction::cascade;
  };
  add(relation.link_owner, relation.owner());
  add(relation.link_target, relation.target());
  return table;
}

// SQLite would drop a table under the feet of those that refer to it, and do to their rows what ON DELETE says.
void refuse_if_others_refer(sql::Connection& connection, const std::vector<sql::TableInfo>& tables) {
  const auto goes = [&](const std::string& name) {
    return std::any_of(tables.begin(), tables.end(), [&](const sql::TableInfo& t) { return iequals(t.name, name); });
  };
  for (const std::string& name : sql::table_names(connection)) {
    if (goes(name)) {
      continue;
    }
    for (const sql::ForeignKeyInfo& key : sql::table_info(connection, name).foreign_keys) {
      if (!goes(key.table)) {
        continue;
      }
      throw sql::Error(sql::Errc::foreign_key,
                       fmt::format("cannot drop table \"{}\": table \"{}\" refers to it", key.table, name));
    }
  }
}

}  // namespace

std::vector<sql::TableInfo> tables_of(const std::vector<const Entity*>& entities, sql::Connection& connection) {
  const bool sqlite = connection.engine() == "sqlite";
  const std::string octets = octet_collation(connection);
  std::vector<sql::TableInfo> tables;
  for (const Entity* entity : entities) {
    tables.push_back(table_of(*entity, sqlite, octets));
  }
  const auto is_there = [&](const std::string& name) {
    return std::any_of(tables.begin(), tables.end(), [&](const sql::TableInfo& table) { return table.name == name; });
  };
  for (const Entity* entity : entities) {
    for (const RelationInfo& relation : entity->relations) {
      if (relation.kind != RelationKind::many_to_many || is_there(relation.link_table)) {
        continue;
      }
      tables.push_back(link_table_of(relation, sqlite, octets));
    }
  }
  return ordered(std::move(tables),
                 [](const sql::TableInfo& one, const sql::TableInfo& other) { return refers_to(one, other); });
}

void create_tables(sql::Connection& connection, const std::vector<sql::TableInfo>& tables) {
  std::vector<sql::TableInfo> missing;
  for (const sql::TableInfo& table : tables) {
    if (!sql::has_table(connection, table.name)) {
      missing.push_back(table);
    }
  }
  if (missing.empty()) {
    return;
  }
  std::optional<sql::Transaction> transaction;
  if (connection.engine() == "sqlite" && !connection.in_transaction()) {
    transaction.emplace(connection, sql::TransactionMode::immediate);
  }
  for (const std::string& sql : create_statements(missing, connection.engine())) {
    connection.exec(sql);
  }
  if (transaction) {
    transaction->commit();
  }
}

void drop_tables(sql::Connection& connection, std::vector<sql::TableInfo> tables) {
  std::erase_if(tables, [&](const sql::TableInfo& table) { return !sql::has_table(connection, table.name); });
  refuse_if_others_refer(connection, tables);
  std::reverse(tables.begin(), tables.end());
  std::optional<sql::Transaction> transaction;
  if (connection.engine() == "sqlite") {
    if (!connection.in_transaction()) {
      transaction.emplace(connection, sql::TransactionMode::immediate);
    }
    connection.exec("PRAGMA defer_foreign_keys = ON");  // tables in a circle: all is well when the last one is gone
  } else {
    for (const std::string& sql : break_circles(connection, tables)) {
      connection.exec(sql);
    }
  }
  for (const sql::TableInfo& table : tables) {
    connection.exec(drop_table(table.name));
  }
  if (transaction) {
    transaction->commit();
  }
}

}  // namespace posthouse::orm::detail
