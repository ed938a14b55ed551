#pragma once
// ASCII text as the mail protocols mean it: independent of the locale, octets above 127 left alone.
#include <string>
#include <string_view>
#include <vector>

namespace posthouse {

/// `c` with A–Z made a–z.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
/// `c` with a–z made A–Z.
constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
/// True for 0–9.
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
/// True for space, tab, CR and LF.
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
/// True when every octet is below 128.
bool is_ascii(std::string_view text) noexcept;

/// A copy with A–Z made a–z.
std::string to_lower(std::string_view text);
/// A copy with a–z made A–Z.
std::string to_upper(std::string_view text);
/// True when the two differ at most in ASCII case.
bool iequals(std::string_view a, std::string_view b) noexcept;
/// True when `text` begins with `prefix`, ASCII case aside.
bool istarts_with(std::string_view text, std::string_view prefix) noexcept;
/// `text` without white space (space, tab, CR, LF) at both ends; a view into `text`.
std::string_view trim(std::string_view text) noexcept;
/// The pieces between `separator`s, empty ones too; views into `text`. "a,,b" gives "a", "", "b"; "" gives "".
std::vector<std::string_view> split(std::string_view text, char separator);
/// Cuts the first word (up to a space) off `text` and returns it; the spaces after it go too.
std::string_view take_word(std::string_view& text) noexcept;
/// `text` fit for one line of a log or a terminal: control octets as `\xHH`, cut after `limit` octets with "…".
std::string printable(std::string_view text, std::size_t limit = 200);

/// Compares without telling by its running time where the two differ; for passwords and digests.
bool equal_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace posthouse
