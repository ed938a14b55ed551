#pragma once
// The runtime: fibers on event loops, one loop a thread.
//
// A fiber is a function with a stack of its own. Where it would wait (for a stream, a lock, the time) it is parked and
// its thread goes on with another fiber. Everything in this library also works in plain threads, with no runtime: then
// the thread waits.
//
// Rules: 1. A fiber never changes its thread. 2. What blocks the thread (files, databases, hashing) goes through
// blocking(). 3. Stacks are small (64 KiB): no big arrays, no recursion on input. 4. What initialises a static variable must
// not park: C++ lets nobody else pass that declaration meanwhile, and blocks the thread of whoever tries. Another fiber of
// the same loop would stop the loop for ever, with the fiber it waits for. Make such things before the fibers start, or
// guard them by a Mutex.
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "posthouse/fiber/run_options.h"
#include "posthouse/fiber/unique_function.h"

namespace posthouse::fiber {

/// Runs `main` as the first fiber, on loop 0, and returns when it has returned; rethrows what it throws.
/// Must not be called in a fiber. Throws Error (Errc::system) when threads, descriptors or memory for the loops cannot
/// be had; with a World, Errc::timeout when all fibers wait for what never comes.
///
///     int main() { fiber::run([] { auto listener = net::listen("127.0.0.1:9999"); net::serve(listener, talk); }); }
void run(UniqueFunction main, RunOptions options = {});

/// True when the caller runs in a fiber, false in a plain thread.
bool in_fiber() noexcept;
/// How many loops the runtime of this fiber has; 1 in a plain thread.
unsigned loop_count() noexcept;
/// The number of the loop this fiber runs on; 0 in a plain thread.
unsigned this_loop() noexcept;
/// Lets the other fibers of this loop run. In a plain thread: the other threads.
void yield();
/// Gives the memory of this fiber's stack that is not in use back to the system: for a fiber that is about to wait for
/// long. Costs a system call, and the pages anew once they are needed again. Does nothing in a plain thread.
void shrink_stack() noexcept;

namespace detail {
// Runs call(context), which must not throw, on a pool thread while the fiber is parked.
void run_blocking(void (*call)(void*), void* context);
}  // namespace detail

/// Runs `f` on a pool thread while this fiber is parked, and returns its result or throws its exception. In a plain
/// thread it just calls `f`. It cannot be canceled or expire: it returns when `f` has. When all pool threads are busy
/// it waits for one.
template <class F>
auto blocking(F&& f) -> std::invoke_result_t<F> {
  using Result = std::invoke_result_t<F>;
  static_assert(!std::is_reference_v<Result>, "return a value from blocking()");
  if (!in_fiber()) {
    return std::forward<F>(f)();
  }
  struct Call {
    std::remove_reference_t<F>& f;
    std::exception_ptr error{};
    std::optional<std::conditional_t<std::is_void_v<Result>, char, Result>> result{};
  } call{f};
  detail::run_blocking(
      [](void* context) {
        auto& c = *static_cast<Call*>(context);
        try {
          if constexpr (std::is_void_v<Result>) {
            std::forward<F>(c.f)();
          } else {
            c.result.emplace(std::forward<F>(c.f)());
          }
        } catch (...) {
          c.error = std::current_exception();
        }
      },
      &call);
  if (call.error) {
    std::rethrow_exception(std::move(call.error));
  }
  if constexpr (!std::is_void_v<Result>) {
    return std::move(*call.result);
  }
}

}  // namespace posthouse::fiber
