#pragma once
// What is read more kindly from servers than the grammar has it. Private to the module.
#include <cstddef>
#include <optional>
#include <string>

#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/imap/wire/text/flags.h"

namespace posthouse::imap {

/// Takes spaces, as many as there are; false when there is none.
inline bool take_spaces(Cursor& in) noexcept {
  return !in.take_while([](char c) { return c == ' '; }).empty();
}

/// NIL or a string, a literal of any octets or an atom too.
std::optional<std::optional<std::string>> take_lenient_nstring(Cursor& in);

/// Flags in parentheses, as servers write them: separated by spaces, each whatever has no space or parenthesis in it, and
/// those in parentheses of their own left out.
std::optional<Flags> take_lenient_flags(Cursor& in);

/// Takes one value of any kind with all inside it: a string, an atom, or a list of values. False where its parentheses
/// are not closed or deeper than `max_depth`.
bool take_any_value(Cursor& in, std::size_t max_depth = 1'000);

}  // namespace posthouse::imap
