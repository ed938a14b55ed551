#pragma once
// The Return-Path field in front of a message that is read in a mailbox (RFC 5321 section 4.4). Private to this module.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::store {

inline void append_return_path(std::string& to, std::string_view reverse_path) {
  to.append("Return-Path: <").append(reverse_path).append(">\r\n");
}

/// Octets of that field, beside the path.
inline constexpr std::size_t return_path_octets = 17;

/// How long what stands in front of the body of the row `m` of message is for its reader in a mailbox, in SQL: that
/// field, then the prefix.
inline constexpr const char* front_length = "COALESCE(m.prefix_size, 0) + COALESCE(length(m.return_path) + 17, 0)";

}  // namespace posthouse::store
