#include "posthouse/sql/values/blob_lookup.h"

#include <fmt/format.h>

#include "posthouse/sql/lexical.h"

namespace posthouse::sql::detail {

std::string at_place(const BlobPlace& place) {
  return fmt::format(" from {} where {} = ?", sql::quoted(place.table), sql::quoted(place.key_column));
}

void bind_key(DriverStatement& statement, int index, const BlobPlace& place) {
  bind(Parameter(statement, index, true), place.key);
}

void no_such_blob(std::string_view sql) {
  throw Error(Errc::no_row, "there is no row for the blob", sql);
}

void not_a_blob(const BlobPlace& place, std::string_view kind, std::string_view sql) {
  throw Error(Errc::type, fmt::format("column {} is {}, not a blob", place.column, kind), sql);
}

}  // namespace posthouse::sql::detail
