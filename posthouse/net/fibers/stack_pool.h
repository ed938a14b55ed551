#pragma once
// Stacks for fibers, kept for reuse. (Internal to the module.)
#include <mutex>
#include <vector>

#include "posthouse/net/fibers/fiber.h"

namespace posthouse::net::detail {

/// Thread-safe. Keeps at most `max_kept` stacks that nobody uses, so that a crowd of connections that has gone does not
/// hold memory.
class StackPool {
 public:
  explicit StackPool(std::size_t stack_size);
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  ~StackPool();

  /// Throws Error (Errc::system, retryable) when there is no memory.
  Stack take();
  void give_back(Stack stack) noexcept;

 private:
  static constexpr std::size_t max_kept = 256;
  std::size_t page_;
  std::size_t size_;
  std::mutex mutex_;
  std::vector<Stack> kept_;
};

}  // namespace posthouse::net::detail
