#pragma once
// Strings as they are written: atom, quoted, literal (RFC 9051 section 4.3).
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::imap {

/// Which octets a quoted string may have.
enum class StringStyle : unsigned char {
  ascii,  ///< ASCII only; all else is a literal.
  utf8,   ///< UTF-8 too (RFC 6855 section 3): after ENABLE UTF8=ACCEPT or IMAP4rev2.
};

/// A quoted string longer than this is written as a literal.
inline constexpr std::size_t max_quoted = 1000;

/// `string`: in quotes where that can be, else as a literal "{n}". NUL, which no string has, is left out.
void append_string(std::string& out, std::string_view text, StringStyle style = StringStyle::ascii);
/// `nstring`: NIL, or a string.
void append_nstring(std::string& out, const std::optional<std::string>& text, StringStyle style = StringStyle::ascii);
/// `astring`: as an atom where that can be.
void append_astring(std::string& out, std::string_view text, StringStyle style = StringStyle::ascii);
/// True when `text` can be written as an astring without quotes and is not "NIL", which would be read as nothing.
bool is_bare_astring(std::string_view text) noexcept;
/// A string in quotes, for a text that is known to be fit for it.
void append_quoted(std::string& out, std::string_view text);
/// True when `text` can be written in quotes.
bool is_quotable(std::string_view text, StringStyle style) noexcept;

}  // namespace posthouse::imap
