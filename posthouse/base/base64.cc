#include "posthouse/base/base64.h"

namespace posthouse {
namespace {

constexpr std::string_view alphabet = base64_alphabet;
constexpr std::uint8_t no_digit = 255;
constexpr auto digits = base64_values<256>(no_digit);

std::uint32_t bits_of(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

std::string base64_encode(std::string_view octets) {
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= octets.size(); i += 3) {
    const std::uint32_t bits = bits_of(octets, i) << 16 | bits_of(octets, i + 1) << 8 | bits_of(octets, i + 2);
    out += {alphabet[bits >> 18], alphabet[bits >> 12 & 63], alphabet[bits >> 6 & 63], alphabet[bits & 63]};
  }
  if (octets.size() - i == 1) {
    const std::uint32_t bits = bits_of(octets, i) << 16;
    out += {alphabet[bits >> 18], alphabet[bits >> 12 & 63], '=', '='};
  } else if (octets.size() - i == 2) {
    const std::uint32_t bits = bits_of(octets, i) << 16 | bits_of(octets, i + 1) << 8;
    out += {alphabet[bits >> 18], alphabet[bits >> 12 & 63], alphabet[bits >> 6 & 63], '='};
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
    ++padding;
  }
  const std::string_view body = text.substr(0, text.size() - padding);
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : body) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit) {
      return std::nullopt;
    }
    bits = bits << 6 | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 255);
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace posthouse
