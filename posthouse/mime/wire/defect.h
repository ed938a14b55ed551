#pragma once
// What is wrong with a message.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthouse::mime {

/// The kinds of faults the parser knows. The names (see code_name) are stable; new ones may be added.
enum class DefectCode : std::uint8_t {
  header_without_name,          ///< A header line that begins with a colon.
  header_starts_folded,         ///< The first header line is a continuation line.
  header_space_before_colon,    ///< "Subject : x", obsolete since RFC 2822 (RFC 5322 section 4.5).
  header_missing_blank_line,    ///< The header ends at a line that is neither a field nor empty.
  header_misplaced_from_line,   ///< An mbox "From " line inside the header.
  header_byte_order_mark,       ///< A UTF-8 byte order mark before a field; it is passed over.
  header_raw_8bit,              ///< Octets above 127 in a header that are not UTF-8.
  header_bare_cr,               ///< CR without LF in a header field.
  header_nul,                   ///< NUL in a header field.
  header_duplicate,             ///< A second field of a kind that may occur once (RFC 5322 section 3.6).
  header_block_limit,           ///< Limits::header_block or header_fields reached; later fields are not listed.
  header_line_limit,            ///< Limits::header_line reached; the rest of the field is not decoded.
  encoded_word_invalid,         ///< Something like an encoded word that cannot be decoded (RFC 2047).
  encoded_word_charset,         ///< An encoded word in an unknown charset, or octets without meaning in its charset.
  address_invalid,              ///< An address field that does not follow RFC 5322 section 3.4, even in obsolete forms.
  address_limit,                ///< Limits::addresses reached.
  date_invalid,                 ///< A Date that cannot be understood.
  content_type_invalid,         ///< A Content-Type without a valid type; text/plain is assumed (RFC 2045 section 5.2).
  parameter_invalid,            ///< A parameter that follows neither RFC 2045 nor RFC 2231.
  parameter_limit,              ///< Limits::parameters reached.
  transfer_encoding_unknown,    ///< A Content-Transfer-Encoding nobody knows; the octets are taken as they are.
  transfer_encoding_composite,  ///< A multipart or message in base64 or quoted-printable (RFC 2045 section 6.4).
  boundary_missing,             ///< A multipart without a boundary parameter.
  boundary_not_found,           ///< A multipart whose boundary never occurs.
  boundary_not_closed,          ///< A multipart without its closing boundary.
  base64_junk,                  ///< Characters outside the alphabet in a base64 body.
  base64_truncated,             ///< A base64 body that ends inside an octet or lacks its padding.
  base64_after_padding,         ///< Text after the end of a base64 body.
  quoted_printable_invalid,     ///< "=" not followed by two hexadecimal digits or a line end.
  uuencode_invalid,             ///< A uuencoded body without "begin" or with broken lines.
  charset_unknown,              ///< A text in a charset nobody knows.
  charset_invalid_octets,       ///< Octets that have no meaning in the charset of a text.
  charset_guessed,              ///< A text whose charset is missing, unknown or wrong: it was guessed (Text::source).
  depth_limit,                  ///< Limits::depth reached; the part is kept as a leaf.
  part_limit,                   ///< Limits::parts reached; the rest of the multipart is kept unread.
  defect_limit,                 ///< Limits::defects reached; there are more.
};

/// "boundary-missing" for DefectCode::boundary_missing: stable, for programs.
std::string_view code_name(DefectCode code) noexcept;
/// One English sentence for people.
std::string_view describe(DefectCode code) noexcept;

/// One fault: what it is, and where in the raw bytes of the message.
struct Defect {
  DefectCode code{};       ///< What it is.
  std::size_t offset = 0;  ///< Octets from the first octet of the message.

  /// The same as describe(code).
  std::string_view text() const noexcept { return describe(code); }
  friend bool operator==(const Defect&, const Defect&) = default;
};

}  // namespace posthouse::mime
