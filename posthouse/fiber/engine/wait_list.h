#pragma once
// What mutexes, conditions and channels are made of: a list of parked fibers and threads. (Internal to the module.)
#include <cstdint>
#include <memory>
#include <mutex>

#include "posthouse/fiber/time.h"

namespace posthouse::fiber::detail {

class Task;
struct Poller;

/// Loops that sleep and have to be interrupted, since fibers of theirs were woken. To be declared before the lock under
/// which it is used: so its destructor interrupts the loop after the lock was released, and the woken fiber does not
/// at once wait for that lock.
class Wakeups {
 public:
  Wakeups() = default;
  Wakeups(const Wakeups&) = delete;
  Wakeups& operator=(const Wakeups&) = delete;
  ~Wakeups() {
    if (sleeper_ != nullptr) {
      interrupt();
    }
  }

 private:
  friend class WaitList;
  void add(const std::shared_ptr<Poller>& sleeper) noexcept;
  void interrupt() noexcept;
  std::shared_ptr<Poller> sleeper_;
};

/// Fibers and threads that wait for one thing, first come first served. Guarded by a std::mutex of its owner, which is
/// held for moments only and never while anything waits.
///
/// Invariant: a waiter is woken only under that mutex and takes it again before it leaves wait(). So whoever wakes
/// never touches a waiter that has gone.
class WaitList {
 public:
  /// `interrupted`: by cancellation, or because the deadline of a DeadlineScope has passed; throw_interrupted() says
  /// so.
  enum class Result : std::uint8_t { notified, timeout, interrupted };
  enum class Cancel : std::uint8_t { heeded, ignored };  // (DeadlineScopes likewise)

  /// `what` is said by dumps of those that wait in it; of static storage.
  explicit WaitList(const char* what) noexcept : what_(what) {}
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  /// Unlocks, waits, locks again. Never spurious: `notified` means that notify_one or notify_all chose this waiter.
  Result wait(std::unique_lock<std::mutex>& lock, Deadline deadline, Cancel cancel = Cancel::heeded);
  /// Wakes the one that waits longest; false when nobody does. The mutex must be held.
  bool notify_one(Wakeups& wakeups) noexcept;
  /// Wakes all. The mutex must be held.
  void notify_all(Wakeups& wakeups) noexcept;
  bool empty() const noexcept { return first_ == nullptr; }

 private:
  struct Node;
  void remove(Node& node) noexcept;
  const char* const what_;
  Node* first_ = nullptr;
  Node* last_ = nullptr;
};

/// Throws what has ended the wait of this fiber or thread: Error (Errc::canceled), or (Errc::timeout) when it is not
/// canceled and the deadline of its DeadlineScope has passed.
[[noreturn]] void throw_interrupted();
/// For calls that return at their own deadline instead of throwing: they throw when it was a DeadlineScope's.
void throw_if_bound_passed();

}  // namespace posthouse::fiber::detail
