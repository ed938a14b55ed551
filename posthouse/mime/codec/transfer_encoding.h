#pragma once
// Content-Transfer-Encodings (RFC 2045 section 6) and uuencode. Decoders take everything and never throw.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/wire/defect.h"

namespace posthouse::mime {

/// How the octets of a body are written (RFC 2045 section 6).
enum class TransferEncoding : std::uint8_t {
  seven_bit,         ///< As they are: lines of ASCII.
  eight_bit,         ///< As they are: lines of any octets.
  binary,            ///< As they are, without lines.
  quoted_printable,  ///< RFC 2045 section 6.7.
  base64,            ///< RFC 2045 section 6.8.
  uuencode,          ///< "x-uuencode" and its kin, from before MIME.
  unknown            ///< A name nobody knows; the octets are taken as they are.
};

/// The encoding that a Content-Transfer-Encoding field names, case, white space and comments aside; seven_bit where
/// `name` is empty.
TransferEncoding transfer_encoding(std::string_view name);
/// "7bit", "quoted-printable", …; "" for unknown.
std::string_view name_of(TransferEncoding encoding) noexcept;

/// The octets `body` stands for, appended to `out`. `defects`, when given, gets what was wrong, with offsets counted
/// from `offset`. Base64: characters outside the alphabet are skipped, missing padding is fine, several encodings one
/// after the other are read, other text after padding is not. Quoted-printable: soft breaks with blanks before them,
/// lower-case digits, "=" that stands for itself; line ends stay as they are. Linear time.
void decode_body(std::string& out, std::string_view body, TransferEncoding encoding,
                 std::vector<Defect>* defects = nullptr, std::size_t offset = 0);

/// Base64 in lines of 76 characters, CRLF after each.
std::string encode_base64_lines(std::string_view octets);
/// The same, appended to `out`.
void append_base64_lines(std::string& out, std::string_view octets);
/// Quoted-printable of text with CRLF (or LF) line ends, which become CRLF; lines of at most 76 characters.
std::string encode_quoted_printable(std::string_view text);
/// The same, appended to `out`.
void append_quoted_printable(std::string& out, std::string_view text);

}  // namespace posthouse::mime
