#pragma once
// Numbers on the wire (private).
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::pop3 {

/// A number of the protocol: digits alone (RFC 1939 allows no sign). Nothing when it is none or beyond 18 digits.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

}  // namespace posthouse::pop3
