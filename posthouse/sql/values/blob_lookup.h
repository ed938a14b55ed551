#pragma once
// What statements about one BLOB have in common on every engine. Private to this module.
#include <string>
#include <string_view>

#include "posthouse/sql/values/blob_place.h"

namespace posthouse::sql::detail {

/// ` from "table" where "key_column" = ?`
std::string at_place(const BlobPlace& place);
/// Binds the key to the parameter at `index`, from 0.
void bind_key(DriverStatement& statement, int index, const BlobPlace& place);
/// Throws Error (no_row).
[[noreturn]] void no_such_blob(std::string_view sql);
/// Throws Error (type): the column is of that kind.
[[noreturn]] void not_a_blob(const BlobPlace& place, std::string_view kind, std::string_view sql);

}  // namespace posthouse::sql::detail
