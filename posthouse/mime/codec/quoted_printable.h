#pragma once
// Quoted-printable bodies (RFC 2045 section 6.7). Private to this module; users see transfer_encoding.h.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/codec/codec.h"
#include "posthouse/mime/wire/defect.h"

namespace posthouse::mime {

/// decode_body() for quoted-printable, by vectors or octet by octet.
void decode_quoted_printable(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset,
                             Codec codec = Codec::vectors);
/// Appends `text` in quoted-printable, by vectors or octet by octet.
void encode_quoted_printable(std::string& out, std::string_view text, Codec codec = Codec::vectors);

/// Decodes from the start of `text` to what asks for a closer look: a line end with a blank before it, an "=" that is
/// neither before two digits nor a plain soft line break, or the last 2 * codec_slack octets. `to` has room for
/// text.size() + codec_slack octets.
CodecProgress decode_quoted_printable_plainly(std::string_view text, char* to) noexcept;

/// The values of hexadecimal digits of both cases; 255 for other octets.
inline constexpr std::array<std::uint8_t, 256> hex_values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(255);
  for (std::uint8_t i = 0; i < 10; ++i) {
    table[static_cast<std::size_t>('0' + i)] = i;
  }
  for (std::uint8_t i = 0; i < 6; ++i) {
    table[static_cast<std::size_t>('A' + i)] = static_cast<std::uint8_t>(10 + i);
    table[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  }
  return table;
}();

}  // namespace posthouse::mime
