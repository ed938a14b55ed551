#pragma once
// The tables that entities stand for. Private to this module; programs call Engine::create_all and schema_diff.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/mapping/entity.h"
#include "posthouse/sql/reflection/reflection.h"

namespace posthouse::orm::detail {

/// The tables of the entities on the engine behind `connection`, their link tables included, as reflection would tell
/// them: each after those it refers to, as far as there is such an order. Throws sql::Error (usage) for a key or an index
/// by a field that is no column.
std::vector<sql::TableInfo> tables_of(const std::vector<const Entity*>& entities, sql::Connection& connection);

/// Makes those tables that do not exist, with their indexes. All or nothing where the engine can (SQLite).
void create_tables(sql::Connection& connection, const std::vector<sql::TableInfo>& tables);
/// Drops those tables that exist. Throws Error (foreign_key), before anything is done, when other tables refer to them.
void drop_tables(sql::Connection& connection, std::vector<sql::TableInfo> tables);

}  // namespace posthouse::orm::detail
