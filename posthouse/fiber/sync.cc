#include "posthouse/fiber/sync.h"

namespace posthouse::fiber {

using detail::WaitList;

namespace {
// True when notified, false at the deadline.
bool heed(WaitList::Result result) {
  if (result == WaitList::Result::interrupted) {
    detail::throw_interrupted();
  }
  return result == WaitList::Result::notified;
}
}  // namespace

// Mutex: unlock() hands the lock over to the first that waits, so nobody can overtake.

void Mutex::lock() {
  std::unique_lock lock(inner_);
  if (!locked_) {
    locked_ = true;
    return;
  }
  waiting_.wait(lock, {}, WaitList::Cancel::ignored);
}

bool Mutex::try_lock() noexcept {
  const std::lock_guard lock(inner_);
  if (locked_) {
    return false;
  }
  return locked_ = true;
}

bool Mutex::try_lock_until(Deadline deadline) {
  std::unique_lock lock(inner_);
  if (!locked_) {
    return locked_ = true;
  }
  return heed(waiting_.wait(lock, deadline));
}

void Mutex::unlock() noexcept {
  detail::Wakeups wakeups;
  const std::lock_guard lock(inner_);
  if (!waiting_.notify_one(wakeups)) {
    locked_ = false;
  }
}

bool Condition::wait(std::unique_lock<Mutex>& lock, Deadline deadline) {
  std::unique_lock inner(inner_);
  lock.unlock();  // a notification now waits for inner_, so it cannot be missed
  const WaitList::Result result = waiting_.wait(inner, deadline);
  inner.unlock();
  lock.lock();
  return heed(result);
}

void Condition::notify_one() noexcept {
  detail::Wakeups wakeups;
  const std::lock_guard lock(inner_);
  waiting_.notify_one(wakeups);
}

void Condition::notify_all() noexcept {
  detail::Wakeups wakeups;
  const std::lock_guard lock(inner_);
  waiting_.notify_all(wakeups);
}

void Event::set() noexcept {
  detail::Wakeups wakeups;
  const std::lock_guard lock(inner_);
  set_ = true;
  waiting_.notify_all(wakeups);
}

void Event::reset() noexcept {
  const std::lock_guard lock(inner_);
  set_ = false;
}

bool Event::is_set() const noexcept {
  const std::lock_guard lock(inner_);
  return set_;
}

bool Event::wait(Deadline deadline) {
  std::unique_lock lock(inner_);
  return set_ || heed(waiting_.wait(lock, deadline));
}

// Semaphore: release() hands permits to those that wait, so nobody can overtake.

bool Semaphore::acquire(Deadline deadline) {
  std::unique_lock lock(inner_);
  if (permits_ > 0) {
    --permits_;
    return true;
  }
  return heed(waiting_.wait(lock, deadline));
}

bool Semaphore::try_acquire() noexcept {
  const std::lock_guard lock(inner_);
  if (permits_ == 0) {
    return false;
  }
  --permits_;
  return true;
}

void Semaphore::release(std::size_t permits) noexcept {
  detail::Wakeups wakeups;
  const std::lock_guard lock(inner_);
  while (permits > 0 && waiting_.notify_one(wakeups)) {
    --permits;
  }
  permits_ += permits;
}

std::size_t Semaphore::available() const noexcept {
  const std::lock_guard lock(inner_);
  return permits_;
}

}  // namespace posthouse::fiber
