#pragma once
// One table as it is against the same as it is wanted. Private to this module.
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/orm/schema/schema_diff.h"
#include "posthouse/sql/reflection/reflection.h"

namespace posthouse::orm::detail {

struct TableDifference {
  sql::TableInfo live;
  sql::TableInfo wanted;
  std::vector<sql::ColumnInfo> missing_columns{}, extra_columns{};
  std::vector<std::pair<sql::ColumnInfo, sql::ColumnInfo>> changed_columns{};  ///< live and wanted
  bool key_differs = false;
  std::vector<sql::ForeignKeyInfo> missing_keys{}, extra_keys{};
  std::vector<std::pair<sql::ForeignKeyInfo, sql::ForeignKeyInfo>> changed_keys{};
  std::vector<sql::IndexInfo> missing_indexes{}, extra_indexes{};
  std::vector<sql::CheckInfo> missing_checks{}, extra_checks{};
};

TableDifference compare(sql::TableInfo live, sql::TableInfo wanted);

/// Whether text of the two compares alike, as far as it matters what `wanted` has.
bool same_collation(const sql::ColumnInfo& live, const sql::ColumnInfo& wanted);

/// The differences in words, in the order of the fields above.
std::vector<SchemaDifference> in_words(const TableDifference& difference);

}  // namespace posthouse::orm::detail
