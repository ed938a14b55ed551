#pragma once
// How much of many cases is tried.
#include <cstddef>

#include "posthouse/fiber/engine/sanitizers.h"

namespace posthouse::test {

/// Tests with very many cases take every `stride`th: under sanitizers, where each costs many times as much, a quarter;
/// else all. For random seeds, sizes and steps, where the release's run has tried every one.
inline constexpr std::size_t stride = fiber::detail::sanitized ? 4 : 1;

}  // namespace posthouse::test
