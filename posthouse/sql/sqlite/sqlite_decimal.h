#pragma once
// Decimal numbers that SQLite keeps as text. Private to this module.
#include <string_view>

struct sqlite3;

namespace posthouse::sql {

/// Gives the connection the collation "decimal", which compares text as decimal numbers: "2" and "2.00" are equal, "10"
/// is larger than "9.99". What is no number comes after all that are. SQLite's own shell has it by the same name. Throws
/// Error.
void add_decimal_collation(sqlite3* db);

/// Below, at or above 0, as `a` is to `b` by that collation.
int compare_decimals(std::string_view a, std::string_view b) noexcept;

}  // namespace posthouse::sql
