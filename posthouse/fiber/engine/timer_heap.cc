#include "posthouse/fiber/engine/timer_heap.h"

namespace posthouse::fiber::detail {

void TimerHeap::place(std::size_t index, Entry entry) noexcept {
  entries_[index] = entry;
  entry.fiber->timer_index = index;
}

void TimerHeap::sift_up(std::size_t index, Entry entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (entries_[parent].moment <= entry.moment) {
      break;
    }
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, entry);
}

void TimerHeap::sift_down(std::size_t index, Entry entry) noexcept {
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= entries_.size()) {
      break;
    }
    if (child + 1 < entries_.size() && entries_[child + 1].moment < entries_[child].moment) {
      ++child;
    }
    if (entry.moment <= entries_[child].moment) {
      break;
    }
    place(index, entries_[child]);
    index = child;
  }
  place(index, entry);
}

void TimerHeap::arm(Fiber& fiber) {
  const std::size_t index = fiber.timer_index;
  if (index == none) {
    entries_.push_back({fiber.until, &fiber});
    sift_up(entries_.size() - 1, entries_.back());
  } else if (fiber.until < entries_[index].moment) {
    sift_up(index, {fiber.until, &fiber});
  }
}

void TimerHeap::erase(std::size_t index) noexcept {
  entries_[index].fiber->timer_index = none;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) {
    return;
  }
  if (index > 0 && last.moment < entries_[(index - 1) / 2].moment) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

void TimerHeap::remove(Fiber& fiber) noexcept {
  if (fiber.timer_index != none) {
    erase(fiber.timer_index);
  }
}

Fiber* TimerHeap::pop_due(TimePoint moment) noexcept {
  while (!entries_.empty() && entries_.front().moment <= moment) {
    Fiber& fiber = *entries_.front().fiber;
    if (fiber.until <= moment) {
      erase(0);
      return &fiber;
    }
    if (fiber.until == TimePoint::max()) {
      erase(0);
    } else {
      sift_down(0, {fiber.until, &fiber});
    }
  }
  return nullptr;
}

}  // namespace posthouse::fiber::detail
