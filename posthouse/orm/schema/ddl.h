#pragma once
// Statements that make, change and drop tables, from what reflection would tell of them. Private to this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/reflection/reflection.h"

namespace posthouse::orm::detail {

/// Names in double quotes, separated by commas.
std::string quoted_list(const std::vector<std::string>& names);

/// `"name" TYPE NOT NULL DEFAULT (…)`. With `key` also PRIMARY KEY and what numbers rows.
std::string column_definition(const sql::ColumnInfo& column, std::string_view engine, bool key = false);
std::string foreign_key_definition(const sql::ForeignKeyInfo& key);
std::string check_definition(const sql::CheckInfo& check);

/// CREATE TABLE IF NOT EXISTS, without indexes; or CREATE TABLE under another name.
std::string create_table(const sql::TableInfo& table, std::string_view engine, const std::string& name = {});
std::string create_index(const std::string& table, const sql::IndexInfo& index);
/// All that makes these tables, in an order that works, as long as `tables` is ordered (tables_of): where tables refer
/// to each other in a circle, MariaDB gets the keys that close it at the end.
std::vector<std::string> create_statements(const std::vector<sql::TableInfo>& tables, std::string_view engine);

std::string drop_table(const std::string& table);
std::string drop_foreign_key(const std::string& table, const std::string& name);
std::string drop_index(const std::string& table, const std::string& index, std::string_view engine);
/// MariaDB: the statements that drop the foreign keys by which tables of `tables` refer to earlier ones.
std::vector<std::string> break_circles(sql::Connection& connection, const std::vector<sql::TableInfo>& tables);

}  // namespace posthouse::orm::detail
