#pragma once
// Tells the sanitizers about stack switches; nothing in other builds. (Internal to the module.)
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define POSTHOUSE_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define POSTHOUSE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POSTHOUSE_ASAN 1
#elif __has_feature(thread_sanitizer)
#define POSTHOUSE_TSAN 1
#endif
#endif

#if defined(POSTHOUSE_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(POSTHOUSE_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace posthouse::net::detail {

#if defined(POSTHOUSE_ASAN) || defined(POSTHOUSE_TSAN)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// A stack that is reused must not carry marks of the frames that were on it.
inline void unpoison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if defined(POSTHOUSE_ASAN)
  __asan_unpoison_memory_region(memory, size);
#endif
}

}  // namespace posthouse::net::detail
