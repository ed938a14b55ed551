#pragma once
// Strings as ManageSieve writes them, and what may be a script's name. Private to this module.
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/managesieve/wire/sentence_reader.h"

namespace posthouse::managesieve {

/// Appends `text` as a string of RFC 5804 section 4: quoted where that can be, else a literal.
void append_string(std::string& out, std::string_view text, Side side);
/// Appends `text` as a literal.
void append_literal(std::string& out, std::string_view text, Side side);
/// `text` as append_string() writes it.
std::string as_string(std::string_view text, Side side);

/// True for what RFC 5804 section 1.6 allows: 1 to 512 octets of UTF-8 without control characters and line separators.
bool is_script_name(std::string_view name) noexcept;

}  // namespace posthouse::managesieve
