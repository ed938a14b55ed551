#pragma once
// Who runs and can wait: a fiber on a loop, or a plain thread. (Internal to the module.)
//
// Terms. To *park* is to wait until woken or until a moment; to *wake* is to end that. A wake is a hint: parks may
// return early, so every waiter looks again at what it waits for.
//
// Invariants.
// 1. park() and the shield count are touched by the task itself only; wake() and request_cancel() by anyone.
// 2. Whoever wakes a task holds a lock that the task takes before it forgets what it waited for (or is its own loop).
//    So the task is alive while it is being woken.
// 3. A wake that comes while the task runs is not lost: the next park of a thread returns at once, and a fiber's wakes
//    from other threads are looked at by its loop only while the fiber does not run.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

#include "posthouse/fiber/engine/fiber_locals.h"
#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/fiber/time.h"

namespace posthouse::fiber::detail {

class Fiber;
class ThreadTask;

/// Something to wait for that has another end. It lives as long as the wait.
class HasPeer {
 public:
  /// "127.0.0.1:4711"; empty where it is not known.
  virtual std::string peer_name() const = 0;

 protected:
  ~HasPeer() = default;
};

/// What a task waits for while it is parked: for dumps.
struct WaitsFor {
  const char* what = "";         // of static storage
  int descriptor = -1;           // or -1
  bool has_peer = false;         // `object` is a HasPeer
  const void* object = nullptr;  // else tells one mutex from another
};

class Task {
 public:
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// The task that calls.
  static Task& current() noexcept;

  /// False when the moment has passed. Never throws.
  bool park(TimePoint until) noexcept;
  void wake() noexcept;

  void request_cancel() noexcept {
    start_canceled();
    wake();
  }
  void start_canceled() noexcept { endings_.fetch_or(by_scope, std::memory_order_relaxed); }
  bool cancel_requested() const noexcept { return (endings_.load(std::memory_order_relaxed) & by_scope) != 0; }
  /// True when the next wait must throw Errc::canceled.
  bool cancel_pending() const noexcept { return endings_.load(std::memory_order_relaxed) != 0 && shields_ == 0; }
  /// Like cancellation, but it can be taken back: for Interruption.
  void interrupt() noexcept {
    endings_.fetch_or(by_interruption, std::memory_order_relaxed);
    wake();
  }
  void end_interruption() noexcept { endings_.fetch_and(by_scope, std::memory_order_relaxed); }
  void throw_if_canceled() const {
    if (cancel_pending()) [[unlikely]] {
      throw_interrupted();
    }
  }

  /// The moment beyond which no wait may last: that of the innermost DeadlineScope.
  TimePoint bound() const noexcept { return bound_; }
  bool bound_passed() const noexcept { return bound_ != TimePoint::max() && now() >= bound_; }
  /// Returns what it was.
  TimePoint set_bound(TimePoint moment) noexcept { return std::exchange(bound_, moment); }
  /// `moment`, or the bound when that comes before.
  TimePoint bounded(TimePoint moment) const noexcept { return moment < bound_ ? moment : bound_; }

  void shield() noexcept { ++shields_; }
  void unshield() noexcept { --shields_; }

  FiberLocals& locals() noexcept { return locals_; }

  bool is_fiber() const noexcept { return is_fiber_; }

  // Links of the Scope that owns it, guarded by the Scope's mutex.
  Task* scope_previous = nullptr;
  Task* scope_next = nullptr;

 private:
  FiberLocals locals_;

 public:
  // Set by whoever parks it.
  WaitsFor waits_for;

 protected:
  explicit Task(bool is_fiber) noexcept : is_fiber_(is_fiber) {}
  ~Task() = default;

 private:
  // What each wait looks at comes last: next to it lies what a fiber's does.
  const bool is_fiber_;
  static constexpr unsigned char by_scope = 1;
  static constexpr unsigned char by_interruption = 2;
  std::atomic<unsigned char> endings_{0};  // what ends its waits
  unsigned shields_ = 0;
  TimePoint bound_ = TimePoint::max();
};

/// A thread without a loop.
class ThreadTask final : public Task {
 public:
  ThreadTask() noexcept : Task(false) {}
  ~ThreadTask();

  bool park_thread(TimePoint until) noexcept;
  void wake_thread() noexcept;
  /// Gets what poll() needs. Throws Error (Errc::system, retryable) when descriptors have run out; poll() calls it too,
  /// but then it is too late for a connection that was promised a thread.
  void prepare_to_poll();
  enum class Polled : unsigned char { ready, woken, timeout };
  /// Waits for `events` (of poll) on `descriptor`, for a wake or for the moment.
  Polled poll(int descriptor, short events, TimePoint until);
  /// Makes this the current task of the calling thread.
  void install() noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  bool permit_ = false;   // woken while not parked
  bool polling_ = false;  // waits in poll(), woken through event_
  int event_ = -1;        // an eventfd, made by prepare_to_poll()
};

}  // namespace posthouse::fiber::detail
