#pragma once
// Base64 bodies (RFC 2045 section 6.8). Private to this module; users see transfer_encoding.h.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/codec/codec.h"
#include "posthouse/mime/wire/defect.h"

namespace posthouse::mime {

/// Octets of a base64 line of 76 characters.
inline constexpr std::size_t base64_line_octets = 57;
inline constexpr std::size_t base64_line_characters = 76;

/// decode_body() for base64, by vectors or octet by octet.
void decode_base64(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset,
                   Codec codec = Codec::vectors);
/// Appends lines of 76 characters, CRLF after each.
void encode_base64(std::string& out, std::string_view octets, Codec codec = Codec::vectors);

/// Decodes whole quanta and skips the line ends after them, from the start of `text` to the first character that asks
/// for a closer look. `to` has room for text.size() / 4 * 3 + codec_slack octets.
CodecProgress decode_base64_quanta(std::string_view text, char* to) noexcept;
/// Encodes whole lines as long as at least codec_slack octets are left. `to` has room for all of them.
CodecProgress encode_base64_whole_lines(std::string_view octets, char* to) noexcept;

}  // namespace posthouse::mime
