#pragma once
// What SQLite reports, as sql::Error. Private to this module.
#include <string_view>

#include <sqlite3.h>

#include "posthouse/sql/error.h"

namespace posthouse::sql {

/// What an extended result code stands for.
Errc errc_of(int extended);
/// Throws what the last call on `db`, which returned `result`, failed with; fiber::Error where a cancellation or a
/// DeadlineScope has ended it. `sql` is the statement, empty where there was none.
[[noreturn]] void fail(sqlite3* db, int result, std::string_view sql);

}  // namespace posthouse::sql
