#pragma once
// Characters of a text in UTF-8. Private to this module.
#include <cstddef>
#include <string_view>

namespace posthouse::mime {

/// The code point of one well-formed UTF-8 sequence.
char32_t code_point(std::string_view sequence) noexcept;
/// `text` without the beginning of a character at its end, as pieces of a text have it.
std::string_view whole_characters(std::string_view text) noexcept;
/// The beginning of `text`, which is UTF-8: at most `limit` octets, no character of it split.
std::string_view first_octets(std::string_view text, std::size_t limit) noexcept;

}  // namespace posthouse::mime
