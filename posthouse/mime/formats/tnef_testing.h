#pragma once
// For tests: winmail.dat put together (MS-OXTNEF section 2.1).
#include <cstdint>
#include <string>

namespace posthouse::mime::tnef_testing {

inline std::string number(std::uint32_t value, int octets) {
  std::string out;
  for (int i = 0; i < octets; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return out;
}

inline std::string attribute(int level, std::uint32_t id, const std::string& data) {
  unsigned sum = 0;
  for (const char c : data) {
    sum += static_cast<unsigned char>(c);
  }
  return number(static_cast<std::uint32_t>(level), 1) + number(id, 4) +
         number(static_cast<std::uint32_t>(data.size()), 4) + data + number(sum & 0xFFFF, 2);
}

inline std::string padded(const std::string& data) {
  return data + std::string((4 - data.size() % 4) % 4, '\0');
}

// A property with one value of variable size.
inline std::string property(std::uint32_t type, std::uint32_t id, const std::string& value) {
  return number(type, 2) + number(id, 2) + number(1, 4) + number(static_cast<std::uint32_t>(value.size()), 4) +
         padded(value);
}

inline const std::string head = number(0x223E9F78, 4) + number(1, 2);
inline constexpr std::uint32_t string8 = 0x1E, unicode = 0x1F, binary = 0x102;

}  // namespace posthouse::mime::tnef_testing
