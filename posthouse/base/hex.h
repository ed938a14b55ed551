#pragma once
// Octets in hexadecimal.
#include <string>
#include <string_view>

#include "posthouse/base/text.h"

namespace posthouse {

/// Two lower-case hexadecimal digits an octet.
std::string hex_encode(std::string_view octets);
/// The value of a hexadecimal digit in either case; -1 for any other character.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace posthouse
