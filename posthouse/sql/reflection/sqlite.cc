#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/sql/lexical.h"
#include "posthouse/sql/reflection/engines.h"

namespace posthouse::sql {
namespace {

// CHECK constraints and collations are told by no PRAGMA; they are read out of the text of CREATE TABLE, which SQLite
// has parsed before: parentheses and quotes match.
class DefinitionReader {
 public:
  explicit DefinitionReader(std::string_view sql) : sql_(sql) {}

  void read(TableInfo& table) {
    std::string name;    // of the CONSTRAINT that is being read
    std::string column;  // or another thing that the commas separate
    for (std::string_view token = next(); !token.empty(); token = next()) {
      if (depth_ == 1 && (token == "(" || token == ",")) {
        name.clear();
        column = unquoted(token = next());
      }
      if (depth_ == 1 && iequals(token, "CONSTRAINT")) {
        name = unquoted(next());
      } else if (depth_ == 1 && iequals(token, "CHECK")) {
        table.checks.push_back({std::exchange(name, {}), std::string(parenthesised())});
      } else if (depth_ == 1 && iequals(token, "COLLATE")) {
        set_collation(table, column, unquoted(next()));
      }
    }
  }

 private:
  static void set_collation(TableInfo& table, std::string_view column, const std::string& collation) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const ColumnInfo& info) { return iequals(info.name, column); });
    if (found != table.columns.end()) {
      found->collation = collation;
    }
  }
  static bool is_comment(std::string_view token) { return token.starts_with("--") || token.starts_with("/*"); }

  // A word, a string, a quoted name, or one character; empty at the end. Counts parentheses.
  std::string_view next() {
    while (at_ < sql_.size()) {
      const std::size_t begin = at_;
      at_ = std::max({skip_inert(sql_, begin), skip_word(sql_, begin), bracketed(begin), begin + 1});
      const std::string_view token = sql_.substr(begin, at_ - begin);
      if (is_comment(token) || is_space(token[0]) || token == "\n" || token == "\r") {
        continue;
      }
      if (token == "(") {
        ++depth_;
      }
      if (token == ")") {
        --depth_;
      }
      return token;
    }
    return {};
  }

  std::size_t bracketed(std::size_t at) const {  // [name]
    return sql_[at] == '[' ? std::min(sql_.find(']', at), sql_.size() - 1) + 1 : at;
  }

  // What is inside of the parentheses that come next.
  std::string_view parenthesised() {
    next();
    const std::size_t begin = at_;
    const int outside = depth_ - 1;
    while (depth_ > outside && !next().empty()) {
    }
    return trim(sql_.substr(begin, at_ - begin - 1));
  }

  static std::string unquoted(std::string_view token) {
    const bool quoted = token.size() >= 2 && (begins_quote(token[0]));
    return std::string(quoted ? token.substr(1, token.size() - 2) : token);
  }
  static bool begins_quote(char c) { return c == '"' || c == '`' || c == '[' || c == '\''; }

  std::string_view sql_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

struct PragmaColumn {
  std::string name;
  std::string type;
  bool not_null;
  std::optional<std::string> default_sql;
  int key;     // place in the primary key from 1, or 0
  int hidden;  // 2, 3: generated
};

// The numbers of rows are the values of a column declared by this very word as the whole primary key; then the key has
// no index of its own.
bool is_row_number(const std::vector<PragmaColumn>& columns, const PragmaColumn& column, bool key_has_index) {
  return column.key == 1 && !key_has_index && iequals(column.type, "INTEGER") &&
         std::none_of(columns.begin(), columns.end(), [](const PragmaColumn& c) { return c.key > 1; });
}

void read_columns(Connection& connection, TableInfo& table, bool key_has_index) {
  const auto columns = connection
                           .query<PragmaColumn>(
                               "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)"
                               " WHERE hidden <> 1 ORDER BY cid",
                               table.name)
                           .all();
  std::vector<std::pair<int, std::string>> key;
  for (const PragmaColumn& column : columns) {
    const bool row_number = is_row_number(columns, column, key_has_index);
    table.columns.push_back({column.name,
                             column.type,
                             !column.not_null && !row_number,
                             column.default_sql,
                             row_number,
                             column.hidden == 2 || column.hidden == 3,
                             {}});
    if (column.key != 0) {
      key.emplace_back(column.key, column.name);
    }
  }
  std::sort(key.begin(), key.end());
  for (auto& [place, name] : key) {
    table.primary_key.push_back(std::move(name));
  }
}

// True when the primary key has an index of its own.
bool read_index_list(Connection& connection, TableInfo& table) {
  bool key_has_index = false;
  for (const auto& [name, unique, origin, partial] : connection.query<std::string, bool, std::string, bool>(
           "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?) ORDER BY name", table.name)) {
    if (origin == "pk") {
      key_has_index = true;
      continue;
    }
    IndexInfo index{name, {}, unique, partial, origin == "u"};
    for (const auto& [column] : connection.query<std::optional<std::string>>(
             "SELECT name FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno", name)) {
      index.columns.push_back(column.value_or(""));
    }
    table.indexes.push_back(std::move(index));
  }
  return key_has_index;
}

void read_foreign_key_list(Connection& connection, TableInfo& table) {
  int last = -1;
  for (const auto& [id, other, from, to, on_update, on_delete] :
       connection.query<int, std::string, std::string, std::optional<std::string>, std::string, std::string>(
           "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?)"
           " ORDER BY id DESC, seq",  // the newest comes first: this is the order in which they were written
           table.name)) {
    if (id != last) {
      table.foreign_keys.push_back({{}, {}, other, {}, action_named(on_delete), action_named(on_update)});
      last = id;
    }
    table.foreign_keys.back().columns.push_back(from);
    if (to) {
      table.foreign_keys.back().referred.push_back(*to);
    }
  }
  for (ForeignKeyInfo& key : table.foreign_keys) {  // REFERENCES without columns: the other's primary key
    if (!key.referred.empty()) {
      continue;
    }
    key.referred =
        connection.query<std::string>("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", key.table)
            .all();
  }
}

}  // namespace

std::vector<std::string> sqlite_table_names(Connection& connection) {
  return connection
      .query<std::string>(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY "
          "name")
      .all();
}

bool sqlite_has_table(Connection& connection, std::string_view name) {
  return connection.query_one<bool>(
      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)", name);
}

TableInfo sqlite_table_info(Connection& connection, std::string_view name) {
  TableInfo table;
  std::string sql;
  std::tie(table.name, sql) = connection.query_one<std::string, std::string>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)", name);
  const bool key_has_index = read_index_list(connection, table);
  read_columns(connection, table, key_has_index);
  read_foreign_key_list(connection, table);
  DefinitionReader(sql).read(table);
  return table;
}

}  // namespace posthouse::sql
