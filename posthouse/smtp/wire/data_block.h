#pragma once
#include <cstddef>

namespace posthouse::smtp {

/// Octets of a message that one `data_block` timeout is for, on either side (RFC 5321 section 4.5.3.2.5).
constexpr std::size_t data_block_size = 64 * 1024;

}  // namespace posthouse::smtp
