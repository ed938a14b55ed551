#include "posthouse/mime/wire/defect.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace posthouse::mime {
namespace {

struct Entry {
  DefectCode code;
  std::string_view name;
  std::string_view text;
};

constexpr Entry entries[] = {
    {DefectCode::header_without_name, "header-without-name", "A header line begins with a colon."},
    {DefectCode::header_starts_folded, "header-starts-folded", "The header begins with a continuation line."},
    {DefectCode::header_space_before_colon, "header-space-before-colon", "There is a blank before a field's colon."},
    {DefectCode::header_missing_blank_line, "header-missing-blank-line",
     "The header ends at a line that is neither a field nor empty."},
    {DefectCode::header_misplaced_from_line, "header-misplaced-from-line",
     "An mbox \"From \" line is inside the header."},
    {DefectCode::header_byte_order_mark, "header-byte-order-mark", "A byte order mark is before a field."},
    {DefectCode::header_raw_8bit, "header-raw-8bit", "A header field has octets above 127 that are not UTF-8."},
    {DefectCode::header_bare_cr, "header-bare-cr", "A header field has a CR without LF."},
    {DefectCode::header_nul, "header-nul", "A header field has a NUL."},
    {DefectCode::header_duplicate, "header-duplicate", "A field that may occur once is there again."},
    {DefectCode::header_block_limit, "header-block-limit", "The header is too long; later fields are not listed."},
    {DefectCode::header_line_limit, "header-line-limit", "A header field is too long; its end is not decoded."},
    {DefectCode::encoded_word_invalid, "encoded-word-invalid", "An encoded word cannot be decoded."},
    {DefectCode::encoded_word_charset, "encoded-word-charset",
     "An encoded word has an unknown charset, or octets without meaning in its charset."},
    {DefectCode::address_invalid, "address-invalid", "An address field does not follow the grammar of addresses."},
    {DefectCode::address_limit, "address-limit", "A field has too many addresses; the rest is not read."},
    {DefectCode::date_invalid, "date-invalid", "The date cannot be understood."},
    {DefectCode::content_type_invalid, "content-type-invalid",
     "The Content-Type has no valid type; text/plain is assumed."},
    {DefectCode::parameter_invalid, "parameter-invalid", "A parameter does not follow the grammar of parameters."},
    {DefectCode::parameter_limit, "parameter-limit", "A field has too many parameters; the rest is not read."},
    {DefectCode::transfer_encoding_unknown, "transfer-encoding-unknown",
     "The Content-Transfer-Encoding is unknown; the octets are taken as they are."},
    {DefectCode::transfer_encoding_composite, "transfer-encoding-composite",
     "A multipart or message has a transfer encoding it must not have."},
    {DefectCode::boundary_missing, "boundary-missing", "A multipart has no boundary parameter."},
    {DefectCode::boundary_not_found, "boundary-not-found", "The boundary of a multipart never occurs."},
    {DefectCode::boundary_not_closed, "boundary-not-closed", "A multipart has no closing boundary."},
    {DefectCode::base64_junk, "base64-junk", "A base64 body has characters outside the alphabet."},
    {DefectCode::base64_truncated, "base64-truncated", "A base64 body is cut short."},
    {DefectCode::base64_after_padding, "base64-after-padding", "Text follows the end of a base64 body."},
    {DefectCode::quoted_printable_invalid, "quoted-printable-invalid",
     "A quoted-printable body has \"=\" without two hexadecimal digits or a line end."},
    {DefectCode::uuencode_invalid, "uuencode-invalid", "A uuencoded body has no begin or end, or broken lines."},
    {DefectCode::charset_unknown, "charset-unknown", "The charset of a text is unknown."},
    {DefectCode::charset_invalid_octets, "charset-invalid-octets", "A text has octets without meaning in its charset."},
    {DefectCode::charset_guessed, "charset-guessed", "The charset of a text is missing or wrong; it was guessed."},
    {DefectCode::depth_limit, "depth-limit", "Parts are nested too deep; this one is not taken apart."},
    {DefectCode::part_limit, "part-limit", "There are too many parts; the rest is not read."},
    {DefectCode::defect_limit, "defect-limit", "There are more defects than are listed."},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(entries); ++i) {
    if (static_cast<std::size_t>(entries[i].code) != i) {
      return false;
    }
  }
  return std::size(entries) == static_cast<std::size_t>(DefectCode::defect_limit) + 1;
}
static_assert(in_order());

}  // namespace

std::string_view code_name(DefectCode code) noexcept {
  return entries[static_cast<std::size_t>(code)].name;
}
std::string_view describe(DefectCode code) noexcept {
  return entries[static_cast<std::size_t>(code)].text;
}

}  // namespace posthouse::mime
