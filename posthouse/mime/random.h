#pragma once
// Where random numbers come from. Private to this module.
#include <cstdint>
#include <functional>

namespace posthouse::mime {

/// Gives 64 random bits at each call.
using Random = std::function<std::uint64_t()>;

/// The system's random numbers, fetched many at a time. Fit for what must not be guessed. A call throws
/// std::exception where there is no randomness at all.
Random system_random();

}  // namespace posthouse::mime
