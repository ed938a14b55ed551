#pragma once
// Locks, conditions, events, semaphores and channels that work between fibers of any loop and plain threads.
//
// A fiber that waits is parked; a thread blocks. A wait ends by Error (Errc::canceled) when the waiter's Scope is
// canceled, and by Error (Errc::timeout) when the deadline of a DeadlineScope passes, except Mutex::lock, which is
// meant to be held for short and must work while cleaning up. At its own deadline a wait returns false (or nothing).
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "posthouse/fiber/engine/wait_list.h"

namespace posthouse::fiber {

/// Mutual exclusion, first come first served; not recursive. For std::lock_guard and std::unique_lock<fiber::Mutex>.
/// It may be held across calls that park.
class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  /// Waits for the lock; neither expires nor is canceled.
  void lock();
  /// Takes the lock if nobody has it; false otherwise. Never waits.
  bool try_lock() noexcept;
  /// False when the deadline passed first. Throws Errc::canceled.
  bool try_lock_until(Deadline deadline);
  /// Unlocks, and gives the lock to the fiber or thread that waits longest, if any. Need not be called by the fiber or
  /// thread that locked: a lock may be handed over and unlocked by another.
  void unlock() noexcept;

 private:
  std::mutex inner_;
  bool locked_ = false;
  detail::WaitList waiting_{"a mutex"};
};

/// A condition variable for Mutex.
class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  /// Unlocks, waits for a notification, locks again. False when the deadline passed first. Throws Errc::canceled (the
  /// lock is held then too).
  bool wait(std::unique_lock<Mutex>& lock, Deadline deadline = {});
  /// Waits until `ready()`; false when the deadline passed and it still is not.
  template <class Predicate>
  bool wait(std::unique_lock<Mutex>& lock, Deadline deadline, Predicate ready) {
    while (!ready()) {
      if (!wait(lock, deadline)) {
        return ready();
      }
    }
    return true;
  }
  /// Wakes the one that waits longest, if any. From any thread, with or without the lock.
  void notify_one() noexcept;
  /// Wakes all that wait.
  void notify_all() noexcept;

 private:
  std::mutex inner_;
  detail::WaitList waiting_{"a condition"};
};

/// A flag one can wait for. Starts unset.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Wakes all that wait; it stays set. From any thread.
  void set() noexcept;
  /// Makes it wait again. From any thread.
  void reset() noexcept;
  /// Whether it is set, at this moment.
  bool is_set() const noexcept;
  /// True once it is set, false when the deadline passed first. Throws Errc::canceled.
  bool wait(Deadline deadline = {});

 private:
  mutable std::mutex inner_;
  bool set_ = false;
  detail::WaitList waiting_{"an event"};
};

/// A number of permits, given out first come first served.
class Semaphore {
 public:
  /// With so many permits to give out, perhaps none.
  explicit Semaphore(std::size_t permits) : permits_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// Takes a permit; false when the deadline passed first. Throws Errc::canceled.
  bool acquire(Deadline deadline = {});
  /// Takes a permit if there is one. Never waits.
  bool try_acquire() noexcept;
  /// Gives permits back, or new ones. From any thread.
  void release(std::size_t permits = 1) noexcept;
  /// How many there are, at this moment.
  std::size_t available() const noexcept;

 private:
  mutable std::mutex inner_;
  std::size_t permits_;
  detail::WaitList waiting_{"a semaphore"};
};

/// A bounded queue between fibers or threads, any number at either end.
///
///     fiber::Channel<std::string> lines(16);
///     scope.spawn([&] { while (auto line = lines.receive()) print(*line); });
///     lines.send("one"); lines.close();
template <class T>
class Channel {
 public:
  /// Holds at most `capacity` items (at least 1).
  explicit Channel(std::size_t capacity = 1) : capacity_(capacity == 0 ? 1 : capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Waits for room. False when the channel is closed or the deadline passed: `item` is lost then.
  bool send(T item, Deadline deadline = {}) {
    detail::Wakeups wakeups;
    std::unique_lock lock(inner_);
    while (!closed_ && items_.size() >= capacity_) {
      if (!wait(not_full_, lock, deadline)) {
        break;
      }
    }
    if (closed_ || items_.size() >= capacity_) {
      return false;
    }
    items_.push_back(std::move(item));
    not_empty_.notify_one(wakeups);
    return true;
  }
  /// Waits for an item. Nothing when the channel is closed and empty, or the deadline passed.
  std::optional<T> receive(Deadline deadline = {}) {
    detail::Wakeups wakeups;
    std::unique_lock lock(inner_);
    while (!closed_ && items_.empty()) {
      if (!wait(not_empty_, lock, deadline)) {
        break;
      }
    }
    if (items_.empty()) {
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.notify_one(wakeups);
    return item;
  }
  /// No more can be sent; what is in it can still be received. Wakes all.
  void close() noexcept {
    detail::Wakeups wakeups;
    const std::lock_guard lock(inner_);
    closed_ = true;
    not_full_.notify_all(wakeups);
    not_empty_.notify_all(wakeups);
  }
  /// True after close().
  bool closed() const noexcept {
    const std::lock_guard lock(inner_);
    return closed_;
  }
  /// How many items are in it, at this moment.
  std::size_t size() const noexcept {
    const std::lock_guard lock(inner_);
    return items_.size();
  }

 private:
  // False when the deadline passed. A waiter that leaves early has not been notified, so no wake-up is lost with it.
  static bool wait(detail::WaitList& list, std::unique_lock<std::mutex>& lock, Deadline deadline) {
    switch (list.wait(lock, deadline)) {
      case detail::WaitList::Result::notified:
        return true;
      case detail::WaitList::Result::timeout:
        return false;
      case detail::WaitList::Result::interrupted:
        break;
    }
    detail::throw_interrupted();
  }

  const std::size_t capacity_;
  mutable std::mutex inner_;
  bool closed_ = false;
  std::deque<T> items_;
  detail::WaitList not_empty_{"an item of a channel"};
  detail::WaitList not_full_{"room in a channel"};
};

}  // namespace posthouse::fiber
