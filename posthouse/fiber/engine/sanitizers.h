#pragma once
// Tells the sanitizers about stack switches; nothing in other builds. Tells valgrind about stacks, where its header is
// there; that costs an ordinary run a few instructions a stack. (Internal to the module.)
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

#if __has_include(<valgrind/memcheck.h>)
#define POSTHOUSE_VALGRIND 1
#include <valgrind/memcheck.h>
#endif

namespace posthouse::fiber::detail {

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
#if defined(POSTHOUSE_VALGRIND)
  VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
#endif
}

/// Memory that a stack pointer may move to and from. Otherwise valgrind takes a move to a neighbouring stack for the
/// growth of the one left, and its contents for gone. Returns what to give to forget_stack().
inline unsigned register_stack([[maybe_unused]] char* begin, [[maybe_unused]] char* end) noexcept {
#if defined(POSTHOUSE_VALGRIND)
  return static_cast<unsigned>(VALGRIND_STACK_REGISTER(begin, end - 1));
#else
  return 0;
#endif
}

inline void forget_stack([[maybe_unused]] unsigned id) noexcept {
#if defined(POSTHOUSE_VALGRIND)
  VALGRIND_STACK_DEREGISTER(id);
#endif
}

}  // namespace posthouse::fiber::detail
