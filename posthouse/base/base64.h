#pragma once
// Base 64 as RFC 4648 section 4 has it, on one line: what SASL and headers need. (MIME bodies: posthouse/mime.)
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse {

/// The digits of base64, each where its value says (RFC 4648 section 4, table 1).
inline constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each of the first `octets` octets as a digit of base64, and `otherwise` for those that are none.
template <std::size_t octets>
constexpr std::array<std::uint8_t, octets> base64_values(std::uint8_t otherwise) {
  static_assert(octets >= 128, "all digits are ASCII");
  std::array<std::uint8_t, octets> values{};
  values.fill(otherwise);
  for (std::uint8_t i = 0; i < 64; ++i) {
    values[static_cast<unsigned char>(base64_alphabet[i])] = i;
  }
  return values;
}

/// The base64 text of `octets`, padded, without line breaks.
std::string base64_encode(std::string_view octets);

/// The octets that `text` stands for; nothing unless it is canonical base64 (no white space, right padding, zero
/// trailing bits).
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace posthouse
