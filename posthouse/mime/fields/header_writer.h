#pragma once
// Writes the values of header fields, folded. Private to this module.
//
// Lines are kept to 76 octets where the content allows it (RFC 2047 section 2, RFC 5322 section 2.1.1: 78 at best, 998
// always). Nothing that is written can end a field early: CR, LF and NUL are refused.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/address.h"

namespace posthouse::mime {

/// Throws Errc::header_injection for CR, LF or NUL in `text`, Errc::charset where it is not UTF-8.
void check_header_text(std::string_view text);

/// Appends to a string, one field at a time.
class HeaderWriter {
 public:
  /// `column` octets stand on the line already.
  HeaderWriter(std::string& out, std::size_t column) noexcept : out_(out), column_(column) {}

  /// Text for people (RFC 5322 "unstructured"): encoded words where needed.
  void unstructured(std::string_view text);
  /// A display name (RFC 5322 "phrase"): as atoms, in quotes, or as encoded words.
  void phrase(std::string_view text);
  /// The same, as encoded words whatever it is.
  void encoded_phrase(std::string_view text);
  /// Mailboxes separated by commas.
  void addresses(const std::vector<Address>& list);
  /// One piece that must not be broken, a blank or a fold before it unless it is the first.
  void token(std::string_view piece);
  /// The same, and never the first: for what follows text the writer was not told of.
  void following_token(std::string_view piece);

 private:
  void put(std::string_view piece);
  void gap(std::string_view white_space, std::size_t next_width);
  void encoded(std::string_view text);
  std::string_view take_encodable(std::string_view text, bool base64, std::size_t room) const;

  static constexpr std::size_t line_length = 76;
  std::string& out_;
  std::size_t column_;
  bool first_ = true;
};

/// The addr-spec as it is written on the wire: checked, the domain as A-labels where it has letters outside ASCII and
/// the local part allows it. Throws Errc::address.
std::string wire_address(std::string_view addr);

}  // namespace posthouse::mime
