#pragma once
// Says so when a fiber runs off its stack, instead of a bare segmentation fault. (Internal to the module.)
#include <memory>

namespace posthouse::fiber::detail {

/// While it lives, the calling thread has a stack of its own for signal handlers, and an access to the guard page of
/// the running fiber's stack ends the process with a message that names the fiber. Handlers that others have installed
/// for SIGSEGV are left alone.
class OverflowGuard {
 public:
  OverflowGuard();
  OverflowGuard(const OverflowGuard&) = delete;
  OverflowGuard& operator=(const OverflowGuard&) = delete;
  ~OverflowGuard();

 private:
  std::unique_ptr<char[]> signal_stack_;
};

}  // namespace posthouse::fiber::detail
