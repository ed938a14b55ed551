#pragma once
// Stacks for fibers, kept for reuse. (Internal to the module.)
#include <mutex>
#include <vector>

#include "posthouse/fiber/engine/fiber.h"

namespace posthouse::fiber::detail {

/// Stacks are carved out of large mappings (slabs), each with a guard page at its low end. Where the kernel can mark a
/// page as a guard without splitting the mapping (MADV_GUARD_INSTALL, Linux 6.13), neighbouring slabs even merge, so
/// that vm.max_map_count does not bound the number of stacks; on older kernels each guard is an mprotect, which costs
/// two mappings a stack and ends at about 32,000 with the usual 65,530.
///
/// Thread-safe. A stack that comes back keeps its pages while fewer than `max_warm` wait; of the others only the
/// addresses are kept (and their page tables, some 130 octets each), so a crowd of connections that has gone does not
/// hold memory.
class StackPool {
 public:
  enum class Guards : unsigned char { best, mprotect };

  /// `guards` other than `best` is for tests.
  explicit StackPool(std::size_t stack_size, Guards guards = Guards::best);
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  ~StackPool();

  /// Throws Error (Errc::system, retryable) when there is no memory or there are too many mappings.
  Stack take();
  void give_back(Stack stack) noexcept;
  /// Gives the pages of the stack that this runs on back, as far as no frame stands in them.
  static void shrink(const Stack& stack) noexcept;

 private:
  static constexpr std::size_t max_warm = 256;
  static constexpr std::size_t stacks_in_slab = 64;

  Stack carve();
  void guard(char* page);

  const std::size_t page_;
  const std::size_t size_;  // of a stack with its guard
  std::mutex mutex_;
  bool split_mappings_;  // the kernel does not know guard regions
  std::vector<char*> slabs_;
  std::size_t carved_ = stacks_in_slab;  // out of the last slab
  std::vector<unsigned> registered_;     // what valgrind calls the stacks
  std::vector<Stack> warm_;
  std::vector<Stack> cold_;  // their pages have been given back
};

}  // namespace posthouse::fiber::detail
