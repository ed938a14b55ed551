#include "posthouse/fiber/engine/wait_list.h"

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/engine/task.h"

namespace posthouse::fiber::detail {

struct WaitList::Node {
  Task* task;
  Node* previous;
  Node* next = nullptr;
  bool notified = false;
};

void WaitList::remove(Node& node) noexcept {
  (node.previous == nullptr ? first_ : node.previous->next) = node.next;
  (node.next == nullptr ? last_ : node.next->previous) = node.previous;
}

WaitList::Result WaitList::wait(std::unique_lock<std::mutex>& lock, Deadline deadline, Cancel cancel) {
  Task& task = Task::current();
  if (cancel == Cancel::heeded && task.cancel_pending()) {
    return Result::interrupted;
  }
  const TimePoint until = cancel == Cancel::heeded ? task.bounded(deadline.moment()) : deadline.moment();
  Node node{&task, last_};
  (last_ == nullptr ? first_ : last_->next) = &node;
  last_ = &node;
  task.waits_for = {.what = what_, .object = this};
  for (;;) {
    lock.unlock();
    const bool in_time = task.park(until);
    lock.lock();
    if (node.notified) {
      return Result::notified;
    }
    if (cancel == Cancel::heeded && task.cancel_pending()) {
      remove(node);
      return Result::interrupted;
    }
    if (!in_time) {
      remove(node);
      return until < deadline.moment() ? Result::interrupted : Result::timeout;
    }
  }
}

bool WaitList::notify_one(Wakeups& wakeups) noexcept {
  if (first_ == nullptr) {
    return false;
  }
  Node& node = *first_;
  remove(node);
  node.notified = true;
  if (node.task->is_fiber()) {
    auto& fiber = static_cast<Fiber&>(*node.task);
    if (fiber.loop.wake_quietly(fiber)) {
      wakeups.add(fiber.loop.poller());
    }
  } else {
    node.task->wake();
  }
  return true;
}

void WaitList::notify_all(Wakeups& wakeups) noexcept {
  while (notify_one(wakeups)) {
  }
}

void Wakeups::add(const std::shared_ptr<Poller>& sleeper) noexcept {
  if (sleeper_ != nullptr) {
    interrupt();
  }
  sleeper_ = sleeper;
}

void Wakeups::interrupt() noexcept {
  sleeper_->interrupt();
}

}  // namespace posthouse::fiber::detail
