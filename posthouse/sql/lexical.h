#pragma once
// As much of SQL's spelling as is needed to know where a statement's words are. Private to sql and orm.
#include <cstddef>
#include <string_view>

#include "posthouse/sql/quoting.h"  // IWYU pragma: export

namespace posthouse::sql {

/// Whether `c` can begin a name or keyword: a letter or "_".
constexpr bool begins_word(char c) noexcept {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The end of what begins at `at` and holds no words: a 'string', a quoted name ("x", `x`), a comment. `at` itself when
/// nothing of the kind begins there. What is not closed ends with `sql`.
std::size_t skip_inert(std::string_view sql, std::size_t at) noexcept;

/// The end of the word at `at`; `at` itself when none begins there.
std::size_t skip_word(std::string_view sql, std::size_t at) noexcept;

}  // namespace posthouse::sql
