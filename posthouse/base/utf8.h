#pragma once
// UTF-8 (RFC 3629), octet by octet. Well-formed means: no surrogates, no overlong forms, nothing above U+10FFFF.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse {

/// U+FFFD, which stands for what is not UTF-8.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// True when `text` is well-formed UTF-8.
bool is_utf8(std::string_view text) noexcept;
/// `text` with what is not UTF-8 replaced by U+FFFD.
std::string repair_utf8(std::string_view text);
/// Appends `text` to `out` in the same way; true when something was replaced.
bool append_repaired_utf8(std::string& out, std::string_view text);

/// Length of the well-formed sequence at text[at]; 0 when there is none there. `at` < text.size().
std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept;
/// Where there is no well-formed sequence at text[at]: how many octets one U+FFFD stands for (the longest beginning of
/// a well-formed sequence, at least 1; Unicode 15, section 3.9).
std::size_t utf8_bad_length(std::string_view text, std::size_t at) noexcept;
/// Index of the first octet at or after `at` that is above 127; text.size() when there is none.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept;
/// Appends one code point (at most U+10FFFF, no surrogate).
void append_code_point(std::string& out, char32_t code_point);

}  // namespace posthouse
