#include "posthouse/fiber/engine/fiber_locals.h"

#include <atomic>

#include "posthouse/fiber/engine/task.h"

namespace posthouse::fiber::detail {

void* FiberLocals::find(std::uint64_t key) const noexcept {
  for (const Slot& slot : slots_) {
    if (slot.key == key) {
      return slot.value;
    }
  }
  return nullptr;
}

void FiberLocals::insert(std::uint64_t key, void* value, void (*destroy)(void*)) {
  slots_.push_back({key, value, destroy});
}

void FiberLocals::clear() noexcept {
  // One by one: a destructor may use, and so make, other values.
  while (!slots_.empty()) {
    const Slot slot = slots_.back();
    slots_.pop_back();
    slot.destroy(slot.value);
  }
  slots_ = {};
}

FiberLocals& current_locals() noexcept {
  return Task::current().locals();
}

std::uint64_t new_fiber_local_key() noexcept {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace posthouse::fiber::detail
