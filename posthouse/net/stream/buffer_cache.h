#pragma once
// Input buffers that streams borrow while they have input. (Internal to the module.)
#include <cstddef>

namespace posthouse::net::detail {

/// The size of a stream's first input buffer, in octets.
inline constexpr std::size_t input_block = 16 * 1024;

/// A block of input_block octets; from a small stock of the calling thread, or new.
char* take_input_block();
void give_back_input_block(char* block) noexcept;

}  // namespace posthouse::net::detail
