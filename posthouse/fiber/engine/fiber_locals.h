#pragma once
// The values that FiberLocals have in one fiber or thread. (Internal to the module.)
#include <cstdint>
#include <vector>

namespace posthouse::fiber::detail {

/// The values of one fiber or thread. A few at most, so they are looked for one by one.
class FiberLocals {
 public:
  FiberLocals() = default;
  FiberLocals(const FiberLocals&) = delete;
  FiberLocals& operator=(const FiberLocals&) = delete;
  ~FiberLocals() { clear(); }

  /// Null when there is none.
  void* find(std::uint64_t key) const noexcept;
  void insert(std::uint64_t key, void* value, void (*destroy)(void*));
  /// Destroys all, the youngest first.
  void clear() noexcept;

 private:
  struct Slot {
    std::uint64_t key;
    void* value;
    void (*destroy)(void*);
  };
  std::vector<Slot> slots_;
};

/// Of the calling fiber or thread.
FiberLocals& current_locals() noexcept;
/// Never the same twice.
std::uint64_t new_fiber_local_key() noexcept;

}  // namespace posthouse::fiber::detail
