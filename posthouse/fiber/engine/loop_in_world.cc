// What a loop does otherwise when its run has a World.
#include "posthouse/fiber/engine/inventory.h"
#include "posthouse/fiber/engine/loop.h"

namespace posthouse::fiber::detail {

// Brings the one that the world wants to run next to the front of the queue.
void Loop::choose_next() noexcept {
  std::size_t ready = 0;
  for (const Fiber* fiber = ready_first_; fiber != nullptr; fiber = fiber->next_ready) {
    ++ready;
  }
  std::size_t chosen = world_->choose(ready);
  if (chosen == 0) {
    return;
  }
  Fiber* before = ready_first_;
  while (--chosen > 0) {
    before = before->next_ready;
  }
  Fiber* fiber = before->next_ready;
  before->next_ready = fiber->next_ready;
  if (fiber == ready_last_) {
    ready_last_ = before;
  }
  fiber->next_ready = ready_first_;
  ready_first_ = fiber;
}

// Waiting in a world: its time jumps to the first timer. Where none is left, or the world ends before, nothing can wake
// the fibers any more.
void Loop::wait_in_world() {
  if (inbox_.load(std::memory_order_acquire) != nullptr || finished()) {
    return;
  }
  const TimePoint earliest = timers_.earliest();
  if (earliest == TimePoint::max()) {
    end_in_world("all fibers wait for each other");
  } else if (!world_->advance(earliest)) {
    end_in_world("the time of the simulated world is over");
  }
}

// Cancels all fibers. When they are stuck a second time, cancellation does not reach them: they are left alone for
// ever, with all that is on their stacks.
void Loop::end_in_world(const std::string& why) {
  if (!stuck_.empty()) {
    abandoned_ = true;
    return;
  }
  stuck_ = why + ":\n" + lines_of(fibers_of(*this));
  stuck_.pop_back();  // the end of the last line
  for (Fiber* fiber = live_first_; fiber != nullptr; fiber = fiber->live_next) {
    fiber->request_cancel();
  }
}

}  // namespace posthouse::fiber::detail
