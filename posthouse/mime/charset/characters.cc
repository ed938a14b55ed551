#include "posthouse/mime/charset/characters.h"

#include <algorithm>

#include "posthouse/base/utf8.h"

namespace posthouse::mime {

char32_t code_point(std::string_view sequence) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 1) {
    return octet(0);
  }
  char32_t code = octet(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    code = code << 6 | (octet(i) & 0x3FU);
  }
  return code;
}

std::string_view whole_characters(std::string_view text) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const std::size_t at = text.size() - back;
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0xC0 && utf8_sequence(text, at) == 0) {
      return text.substr(0, at);
    }
    if (c < 0x80 || c >= 0xC0) {
      break;
    }
  }
  return text;
}

std::string_view first_octets(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) {
    return text;
  }
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) {
    --limit;
  }
  return text.substr(0, limit);
}

}  // namespace posthouse::mime
