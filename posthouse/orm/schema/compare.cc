#include "posthouse/orm/schema/compare.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/orm/schema/ddl.h"

namespace posthouse::orm::detail {
namespace {

// Lower case and without the characters of `dropped`, as far as it is outside of 'strings'.
std::string normal(std::string_view sql, std::string_view dropped) {
  std::string out;
  bool string = false;
  for (const char c : sql) {
    if (c == '\'') {
      string = !string;
    }
    if (string) {
      out += c;
    } else if (!is_space(c) && dropped.find(c) == std::string_view::npos) {
      out += to_lower(std::string_view(&c, 1));
    }
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
    out.append(text.substr(0, at)).append(by);
    text.remove_prefix(at + what.size());
  }
  return out.append(text);
}

// Integers lose their width, which MariaDB adds by itself; synonyms become what engines tell.
std::string normal_type(std::string_view type) {
  std::string text = normal(type, "");
  const std::string_view word = std::string_view(text).substr(0, text.find('('));
  if (word == "integer") {
    return "int";
  }
  if (word == "json") {
    return "longtext";
  }
  if (word == "boolean" || word == "bool") {
    return "tinyint";
  }
  for (const std::string_view integer : {"tinyint", "smallint", "mediumint", "int", "bigint"}) {
    if (word == integer) {
      return text.erase(word.size(), text.find(')') == std::string::npos ? 0 : text.find(')') + 1 - word.size());
    }
  }
  return text;
}

std::string normal_expression(std::string_view sql) {
  return replaced(normal(sql, "()\"`"), "!=", "<>");
}

// But for the collation.
bool alike(const sql::ColumnInfo& one, const sql::ColumnInfo& other) {
  return normal_type(one.type) == normal_type(other.type) && one.nullable == other.nullable &&
         one.auto_increment == other.auto_increment &&
         normal_expression(one.default_sql.value_or("")) == normal_expression(other.default_sql.value_or(""));
}

bool alike(const sql::CheckInfo& one, const sql::CheckInfo& other) {
  return normal_expression(one.condition) == normal_expression(other.condition);
}

bool alike(const sql::IndexInfo& one, const sql::IndexInfo& other) {
  return one.columns == other.columns && one.unique == other.unique && one.partial == other.partial;
}

// By their columns; what they do is compared apart.
bool same_key(const sql::ForeignKeyInfo& one, const sql::ForeignKeyInfo& other) {
  return one.columns == other.columns && iequals(one.table, other.table) && one.referred == other.referred;
}

bool same_action(sql::ForeignKeyAction one, sql::ForeignKeyAction other) {
  using enum sql::ForeignKeyAction;
  return one == other || ((one == no_action || one == restrict) && (other == no_action || other == restrict));
}

template <class T, class Same>
const T* find(const std::vector<T>& among, const T& one, Same&& same) {
  const auto found = std::find_if(among.begin(), among.end(), [&](const T& other) { return same(one, other); });
  return found == among.end() ? nullptr : &*found;
}

// Those of `from` that `others` has nothing like.
template <class T, class Same>
std::vector<T> without(const std::vector<T>& from, const std::vector<T>& others, Same&& same) {
  std::vector<T> rest;
  for (const T& one : from) {
    if (find(others, one, same) == nullptr) {
      rest.push_back(one);
    }
  }
  return rest;
}

// MariaDB makes an index for each foreign key that has none.
bool serves_a_key(const sql::IndexInfo& index, const sql::TableInfo& table) {
  return !index.unique && std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(),
                                      [&](const sql::ForeignKeyInfo& key) { return key.columns == index.columns; });
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

// "varchar(20) NOT NULL DEFAULT 'x'"
std::string told(const sql::ColumnInfo& column) {
  std::string text = to_lower(column.type);
  if (!column.nullable) {
    text += " NOT NULL";
  }
  if (column.auto_increment) {
    text += ", numbered by the database";
  }
  if (column.default_sql) {
    text += " DEFAULT " + *column.default_sql;
  }
  return text;
}

std::string told(const sql::ForeignKeyInfo& key) {
  return "foreign key (" + list(key.columns) + ") to " + key.table + " (" + list(key.referred) + ")";
}

std::string told(const sql::IndexInfo& index) {
  return std::string(index.unique ? "unique " : "") + "index on (" + list(index.columns) + ")";
}

class Words {
 public:
  explicit Words(std::string table) : table_(std::move(table)) {}
  void add(SchemaPart part, SchemaChange change, std::string name, const std::string& words) {
    all_.push_back({part, change, table_, std::move(name), "table " + table_ + ": " + words});
  }
  std::vector<SchemaDifference> take() { return std::move(all_); }

 private:
  std::string table_;
  std::vector<SchemaDifference> all_;
};

void columns_in_words(const TableDifference& difference, Words& words) {
  using enum SchemaChange;
  for (const auto& column : difference.missing_columns) {
    words.add(SchemaPart::column, missing, column.name,
              fmt::format("column {} is missing ({})", column.name, told(column)));
  }
  for (const auto& column : difference.extra_columns) {
    words.add(SchemaPart::column, extra, column.name,
              fmt::format("column {} is in the database only ({}){}", column.name, told(column),
                          (column.nullable || column.default_sql || column.auto_increment || column.generated
                               ? ""
                               : "; it must have a value, so new rows will be refused")));
  }
  for (const auto& [live, wanted] : difference.changed_columns) {
    if (!alike(live, wanted)) {
      words.add(SchemaPart::column, different, wanted.name,
                fmt::format("column {} is {}, described is {}", wanted.name, told(live), told(wanted)));
    }
    if (!same_collation(live, wanted)) {
      words.add(SchemaPart::column, different, wanted.name,
                fmt::format("column {} compares by {}, described is {}", wanted.name,
                            live.collation.empty() ? "octets" : live.collation, wanted.collation));
    }
  }
  if (difference.key_differs) {
    words.add(SchemaPart::primary_key, different, list(difference.wanted.primary_key),
              fmt::format("the primary key is ({}), described is ({})", list(difference.live.primary_key),
                          list(difference.wanted.primary_key)));
  }
}

}  // namespace

bool same_collation(const sql::ColumnInfo& live, const sql::ColumnInfo& wanted) {
  return wanted.collation.empty() || iequals(live.collation, wanted.collation);
}

TableDifference compare(sql::TableInfo live, sql::TableInfo wanted) {
  TableDifference difference{std::move(live), std::move(wanted)};
  const sql::TableInfo& is = difference.live;
  const sql::TableInfo& should = difference.wanted;
  for (const sql::ColumnInfo& column : should.columns) {
    const sql::ColumnInfo* const there = is.column(column.name);
    if (there == nullptr) {
      difference.missing_columns.push_back(column);
    } else if (!alike(*there, column) || !same_collation(*there, column)) {
      difference.changed_columns.emplace_back(*there, column);
    }
  }
  for (const sql::ColumnInfo& column : is.columns) {
    if (should.column(column.name) == nullptr) {
      difference.extra_columns.push_back(column);
    }
  }
  difference.key_differs = to_lower(list(is.primary_key)) != to_lower(list(should.primary_key));
  difference.missing_keys = without(should.foreign_keys, is.foreign_keys, same_key);
  difference.extra_keys = without(is.foreign_keys, should.foreign_keys, same_key);
  for (const sql::ForeignKeyInfo& key : should.foreign_keys) {
    const sql::ForeignKeyInfo* const there = find(is.foreign_keys, key, same_key);
    if (there == nullptr) {
      continue;
    }
    if (same_action(there->on_delete, key.on_delete) && same_action(there->on_update, key.on_update)) {
      continue;
    }
    difference.changed_keys.emplace_back(*there, key);
  }
  const auto same_index = [](const sql::IndexInfo& one, const sql::IndexInfo& other) { return alike(one, other); };
  difference.missing_indexes = without(should.indexes, is.indexes, same_index);
  difference.extra_indexes = without(is.indexes, should.indexes, same_index);
  std::erase_if(difference.extra_indexes, [&](const sql::IndexInfo& index) { return serves_a_key(index, is); });
  const auto same_check = [](const sql::CheckInfo& one, const sql::CheckInfo& other) { return alike(one, other); };
  difference.missing_checks = without(should.checks, is.checks, same_check);
  difference.extra_checks = without(is.checks, should.checks, same_check);
  return difference;
}

std::vector<SchemaDifference> in_words(const TableDifference& difference) {
  using enum SchemaChange;
  Words words(difference.wanted.name);
  columns_in_words(difference, words);
  for (const auto& key : difference.missing_keys) {
    words.add(SchemaPart::foreign_key, missing, list(key.columns), told(key) + " is missing");
  }
  for (const auto& key : difference.extra_keys) {
    words.add(SchemaPart::foreign_key, extra, list(key.columns), told(key) + " is in the database only");
  }
  for (const auto& [live, wanted] : difference.changed_keys) {
    const auto does = [](const sql::ForeignKeyInfo& key) {
      return "ON DELETE " + std::string(sql::to_string(key.on_delete)) + " ON UPDATE " +
             std::string(sql::to_string(key.on_update));
    };
    words.add(SchemaPart::foreign_key, different, list(wanted.columns),
              fmt::format("{} is {}, described is {}", told(wanted), does(live), does(wanted)));
  }
  for (const auto& index : difference.missing_indexes) {
    words.add(SchemaPart::index, missing, index.name, told(index) + " is missing");
  }
  for (const auto& index : difference.extra_indexes) {
    words.add(SchemaPart::index, extra, index.name,
              fmt::format("{} ({}) is in the database only", told(index), index.name));
  }
  for (const auto& check : difference.missing_checks) {
    words.add(SchemaPart::check, missing, check.condition, fmt::format("check ({}) is missing", check.condition));
  }
  for (const auto& check : difference.extra_checks) {
    words.add(SchemaPart::check, extra, check.condition,
              fmt::format("check ({}) is in the database only", check.condition));
  }
  return words.take();
}

}  // namespace posthouse::orm::detail
