#pragma once
// Octets in hexadecimal.
#include <string>
#include <string_view>

namespace posthouse {

/// Two lower-case hexadecimal digits an octet.
std::string hex_encode(std::string_view octets);

}  // namespace posthouse
