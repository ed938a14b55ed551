#pragma once
// The moments fibers are parked until. (Internal to the module.)
#include <cstddef>
#include <vector>

#include "posthouse/fiber/engine/fiber.h"

namespace posthouse::fiber::detail {

/// A binary heap with at most one entry a fiber. Entries are lazy: a park with a later moment than the entry's leaves
/// it where it is, and a wake does not take it out; when it comes up too early it is put back at the fiber's true
/// moment. So a session that waits thirty seconds for each of ten thousand commands touches the heap once in thirty
/// seconds.
class TimerHeap {
 public:
  /// Sees to it that `fiber` comes up at fiber.until or earlier.
  void arm(Fiber& fiber);
  /// Takes it out if it is in.
  void remove(Fiber& fiber) noexcept;
  bool empty() const noexcept { return entries_.empty(); }
  TimePoint earliest() const noexcept { return entries_.empty() ? TimePoint::max() : entries_.front().moment; }
  /// A fiber parked until `moment` or earlier, taken out; null when there is none.
  Fiber* pop_due(TimePoint moment) noexcept;

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct Entry {
    TimePoint moment;
    Fiber* fiber;
  };
  void place(std::size_t index, Entry entry) noexcept;
  void sift_up(std::size_t index, Entry entry) noexcept;
  void sift_down(std::size_t index, Entry entry) noexcept;
  void erase(std::size_t index) noexcept;
  std::vector<Entry> entries_;
};

}  // namespace posthouse::fiber::detail
