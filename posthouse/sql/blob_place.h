#pragma once
// Where a value is that is read or written piece by piece.
#include <string>
#include <string_view>

#include "posthouse/sql/value.h"

namespace posthouse::sql {

/// Where a BLOB is: a column of the row whose `key_column` is `key`. The names are quoted, not looked into.
struct BlobPlace {
  std::string table;
  std::string column;
  std::string key_column;
  Value key;
};

namespace detail {

/// A name as every engine takes it, whatever is in it.
inline std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return quoted + '"';
}

/// ` from "table" where "key_column" = ?`
inline std::string at_place(const BlobPlace& place) {
  return " from " + quoted_name(place.table) + " where " + quoted_name(place.key_column) + " = ?";
}

/// Binds the key.
inline void bind_key(DriverStatement& statement, int index, const BlobPlace& place) {
  bind(Parameter(statement, index, true), place.key);
}

[[noreturn]] inline void no_such_blob(std::string_view sql) {
  throw Error(ErrorKind::no_row, "there is no row for the blob", sql);
}

[[noreturn]] inline void not_a_blob(const BlobPlace& place, std::string_view kind, std::string_view sql) {
  throw Error(ErrorKind::type, "column " + place.column + " is " + std::string(kind) + ", not a blob", sql);
}

}  // namespace detail
}  // namespace posthouse::sql
