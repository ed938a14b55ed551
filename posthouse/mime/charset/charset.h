#pragma once
// Text in any charset to UTF-8.
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Where the charset of a text is known from.
enum class CharsetSource : std::uint8_t {
  declared,  ///< The label of its Content-Type, or the default where there is no need to guess.
  bom,       ///< A byte order mark.
  meta,      ///< The `<meta>` of an HTML text.
  detected,  ///< What the octets look like.
  fallback,  ///< Nobody: windows-1252, which gives every octet a meaning.
};
/// "declared", "bom", …: stable, for programs.
std::string_view name_of(CharsetSource source) noexcept;

/// Text made UTF-8, and how sure that is.
struct Text {
  std::string utf8{};         ///< Always valid UTF-8.
  bool lossy = false;         ///< Octets had no meaning in the charset; U+FFFD stands for them.
  bool known_charset = true;  ///< False where nobody knows the label.
  std::string charset{};      ///< What it was read as, lower case; empty for an empty label, which is us-ascii.
  CharsetSource source = CharsetSource::declared;  ///< Who said so.
  int confidence = 100;                            ///< 0 to 100: how sure `charset` is. 100 for what was declared.
};

/// `octets` in the charset called `label` as UTF-8. A label means what browsers take it for (WHATWG Encoding: gb2312 is
/// GB18030, iso-8859-1 and us-ascii are windows-1252, …) plus those mail has beyond (utf-7, hz-gb-2312, iso-2022-kr,
/// …); an empty label is us-ascii. A byte order mark stays in the text (RFC 3629 section 6), except that of UTF-16 and
/// UTF-32 without a named byte order. Thread-safe; converters are kept per thread.
Text to_utf8(std::string_view octets, std::string_view label);
/// The same, appended to `out`; returns whether something was lossy or the charset unknown.
bool append_utf8(std::string& out, std::string_view octets, std::string_view label);

/// True when the label is one to_utf8 knows.
bool is_known_charset(std::string_view label);
/// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_valid_utf8(std::string_view text) noexcept;
/// `text` with what is not UTF-8 replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

}  // namespace posthouse::mime
