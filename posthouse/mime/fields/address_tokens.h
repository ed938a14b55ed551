#pragma once
// The tokens of an address list, and the texts that a run of them stands for. Private to this module.
#include <string>
#include <string_view>

#include "posthouse/base/text.h"

namespace posthouse::mime {

/// A word, quoted string, domain literal or "@". White space and comments only separate tokens.
struct AddressToken {
  /// What it is.
  enum class Kind : unsigned char { word, quoted, literal, at };
  Kind kind = Kind::word;
  bool space_before = false;
  std::string_view raw{};  ///< As written, quotes and brackets included.
};

/// RFC 5322 section 3.2.3: what no atom has in it.
inline bool is_special(char c) noexcept {
  return std::string_view("()<>[]:;@\\,.\"").find(c) != std::string_view::npos;
}
/// True for a character that no word of an address has in it.
inline bool ends_word(char c) noexcept {
  return is_space(c) || (c != '.' && is_special(c));
}
/// True for words with single dots between them, and none at the ends (RFC 5322 section 3.2.3).
bool is_dot_atom(std::string_view text) noexcept;

/// Words around dots belong together even with white space between (obs-local-part, obs-domain).
inline bool belongs_together(const AddressToken& left, const AddressToken& right) noexcept {
  return !right.space_before || left.raw.ends_with('.') || right.raw.starts_with('.');
}

/// Words as one text: encoded words decoded, quotes removed, one blank where there was white space.
std::string phrase_text(const AddressToken* begin, const AddressToken* end);
/// A local part as it has to be written, in quotes where that is needed; repaired where it is not UTF-8.
std::string local_part_text(const AddressToken* begin, const AddressToken* end);
/// local-part = dot-atom / quoted-string / obs-local-part: words with a dot between each two.
bool is_local_part(const AddressToken* begin, const AddressToken* end) noexcept;
/// A domain without white space; repaired where it is not UTF-8.
std::string domain_text(const AddressToken* begin, const AddressToken* end);

}  // namespace posthouse::mime
