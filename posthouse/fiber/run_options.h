#pragma once
// What can be chosen for a run of fibers.
#include <cstddef>

namespace posthouse::fiber {

class World;

/// What a runtime is made of.
struct RunOptions {
  unsigned loops = 1;                  ///< Event loops, each on a thread of its own; the first on the caller's.
  std::size_t stack_size = 64 * 1024;  ///< Of a fiber, in octets; sanitizer builds take four times as much.
  unsigned blocking_threads = 8;       ///< At most so many threads for blocking(); started when needed.
  /// A signal, such as SIGUSR1, at which dump_fibers() (see dump.h) goes to standard error; 0 for none. As with
  /// Signals, a signal is caught in one place at a time.
  int dump_signal = 0;
  /// Where time and chance (of a net::World also connections, datagrams and names) come from instead of the kernel.
  /// Must outlive the run. There is one loop then, and blocking() calls at once, on the loop's thread: nothing but the
  /// world decides what happens when.
  World* world = nullptr;
};

}  // namespace posthouse::fiber
