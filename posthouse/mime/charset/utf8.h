#pragma once
// UTF-8, octet by octet. Private to this module.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Length of the well-formed UTF-8 sequence at text[at]; 0 when there is none there. `at` < text.size().
std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept;
/// Where there is no well-formed sequence at text[at]: how many octets one U+FFFD stands for (the longest beginning of
/// a well-formed sequence, at least 1; Unicode 15, section 3.9).
std::size_t utf8_bad_length(std::string_view text, std::size_t at) noexcept;
/// Index of the first octet at or after `at` that is above 127; text.size() when there is none.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept;
/// True when `text` is well-formed UTF-8, found out octet by octet.
bool is_utf8_plainly(std::string_view text) noexcept;
/// The same, by vectors (codec/utf8_vectors.cc).
bool is_utf8_by_vectors(std::string_view text) noexcept;
/// Appends one code point (at most U+10FFFF, no surrogate).
void append_code_point(std::string& out, char32_t code_point);
/// Appends `text` with what is not UTF-8 replaced; true when something was.
bool append_repaired(std::string& out, std::string_view text);

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

}  // namespace posthouse::mime
