#pragma once
// Random numbers from the kernel's cryptographic generator, or from the World of the fiber.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace posthouse::fiber {

/// Fills `out` with random octets fit for keys.
void random_bytes(std::span<char> out);
/// `octets` random octets in hexadecimal: twice as many characters.
std::string random_hex(std::size_t octets);
/// An evenly distributed number below `bound`, which must not be 0.
std::uint64_t random_below(std::uint64_t bound);

}  // namespace posthouse::fiber
