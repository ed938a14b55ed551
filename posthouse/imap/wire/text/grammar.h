#pragma once
// The characters of IMAP's grammar (RFC 9051 section 9, the same in RFC 3501 section 9), and its numbers.
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::imap {

/// CTL: 0 to 31 and 127.
constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 32 || c == 127;
}
/// ATOM-CHAR: any octet of ASCII but atom-specials. Octets above 127 are none.
constexpr bool is_atom_char(char c) noexcept {
  return static_cast<unsigned char>(c) < 128 && !is_control(c) &&
         std::string_view("(){ %*\"\\]").find(c) == std::string_view::npos;
}
/// ASTRING-CHAR: ATOM-CHAR or "]".
constexpr bool is_astring_char(char c) noexcept {
  return is_atom_char(c) || c == ']';
}
/// list-char: what a LIST pattern may have in it without quotes.
constexpr bool is_list_char(char c) noexcept {
  return is_astring_char(c) || c == '%' || c == '*';
}
/// What a tag is made of: ASTRING-CHAR but "+".
constexpr bool is_tag_char(char c) noexcept {
  return is_astring_char(c) && c != '+';
}
/// What a sequence set is made of, "$" included (RFC 5182).
constexpr bool is_set_char(char c) noexcept {
  return (c >= '0' && c <= '9') || c == ':' || c == ',' || c == '*' || c == '$';
}
/// True when `text` is an atom: one ATOM-CHAR or more.
bool is_atom(std::string_view text) noexcept;

/// The largest number64 (RFC 9051: unsigned 63-bit) and mod-sequence (RFC 7162).
inline constexpr std::uint64_t max_number64 = 0x7FFF'FFFF'FFFF'FFFF;

/// A number64: digits alone, leading zeros allowed. Nothing when it is none or beyond max_number64.
std::optional<std::uint64_t> parse_number64(std::string_view text) noexcept;
/// A number: likewise, at most 4,294,967,295.
std::optional<std::uint32_t> parse_number(std::string_view text) noexcept;

}  // namespace posthouse::imap
