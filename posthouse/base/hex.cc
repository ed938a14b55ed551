#include "posthouse/base/hex.h"

namespace posthouse {

std::string hex_encode(std::string_view octets) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(octets.size() * 2);
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    out += {digits[octet >> 4], digits[octet & 15]};
  }
  return out;
}

}  // namespace posthouse
