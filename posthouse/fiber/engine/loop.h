#pragma once
// An event loop: runs fibers, waits for descriptors and moments with epoll. (Internal to the module.)
//
// Each descriptor is registered once, edge-triggered, and what is known of it is remembered as flags. A call that must
// wait parks its fiber until its flag is set. Room for output is watched from the first time on that somebody waits for
// it: the kernel reports all that is true at an event, so a socket that could be written to all the time would end the
// loop's sleep also where its news (input that has been read since) is old.
//
// Invariants.
// 1. Only the loop's thread touches its queue, timers and registrations; others put fibers into the inbox.
// 2. A flag is cleared only on proof: EAGAIN, or a short read of a TCP socket. What comes after the proof makes a new
//    edge, which is harvested later, on the same thread: no edge is lost. The end of the flow and errors are remembered
//    for ever (`ended`), since no edge may follow them.
// 3. Events are harvested while no fiber runs, so a registration is never freed while a harvested event points to it.
//    Other threads hand theirs to `retired`, which is emptied between harvests.
#include <atomic>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/epoll.h>

#include "posthouse/fiber/engine/fiber.h"
#include "posthouse/fiber/engine/stack_pool.h"
#include "posthouse/fiber/engine/timer_heap.h"
#include "posthouse/fiber/world.h"

namespace posthouse::fiber::detail {

class Runtime;
struct Poller;

/// What a loop knows of one descriptor.
struct Registration {
  std::shared_ptr<Poller> poller;
  int descriptor = -1;
  bool readable = false;
  bool writable = false;
  bool watches_writing = false;
  bool ended = false;   // the peer will send no more, or the connection failed: reading never waits again
  bool urgent = false;  // urgent data was seen: a short read proves nothing
  Fiber* reader = nullptr;
  Fiber* writer = nullptr;
};

/// The epoll descriptor. It outlives its loop when a stream does.
struct Poller {
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();
  /// Frees the registrations that other threads gave up. On the loop's thread, between harvests.
  void free_retired() noexcept;
  /// Ends its loop's sleep. From any thread.
  void interrupt() noexcept;

  int epoll = -1;
  int event = -1;  // an eventfd; edge-triggered, so that nobody ever has to read it
  std::mutex mutex;
  std::vector<Registration*> retired;
  std::atomic<bool> has_retired{false};
};

class Loop {
 public:
  Loop(Runtime& runtime, unsigned index, std::size_t stack_size, World* world);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  /// The loop of the calling thread, null in a plain thread.
  static Loop* current() noexcept { return current_; }
  /// The fiber that runs on the calling thread, null when none does.
  static Fiber* current_fiber() noexcept { return current_ == nullptr ? nullptr : current_->running_; }

  /// Runs until stop() was called and no fiber is left. Throws Error when the fibers of a world wait for what never
  /// comes: they were canceled then, and have ended or (where cancellation does not reach) never will.
  void run();
  /// From any thread.
  void stop() noexcept;

  /// Makes a fiber, not yet started. From any thread.
  Fiber& make_fiber(UniqueFunction body, std::string name);
  /// From any thread: makes `fiber` run soon if it is parked.
  void wake(Fiber& fiber) noexcept {
    if (wake_quietly(fiber)) {
      poller_->interrupt();
    }
  }
  /// Like wake, but leaves it to the caller to interrupt the loop's sleep, if it returns true.
  bool wake_quietly(Fiber& fiber) noexcept;

  /// Calls `f`, which must neither throw nor park, on the loop's thread, between fibers. From any thread. False when
  /// the loop has ended, and so may have what `f` returned to.
  bool post(UniqueFunction f);
  /// Calls visit(loop) for every loop of the process. Loops neither come nor go meanwhile.
  template <class F>
  static void for_each(F visit) {
    const std::lock_guard lock(all_mutex_);
    for (Loop* loop = all_; loop != nullptr; loop = loop->next_loop_) {
      visit(*loop);
    }
  }
  /// The fibers it has, linked by live_next. For the loop's thread.
  const Fiber* live_fibers() const noexcept { return live_first_; }

  // For the running fiber.

  /// Parks it; false when the moment has passed.
  bool park(Fiber& fiber, TimePoint until) noexcept;
  /// Puts it behind those that are ready.
  void yield(Fiber& fiber) noexcept;
  /// To be called for each I/O: lets others run when one fiber never has to wait.
  void count_io(Fiber& fiber) noexcept {
    if (--budget_ == 0) {
      yield(fiber);
    }
  }
  /// To be called after an I/O that has moved so many octets: each `octets_an_io` of them count as one I/O more, since
  /// what is done with the octets takes time, too.
  void count_octets(std::size_t octets) noexcept {
    const std::size_t worth = octets / octets_an_io;
    budget_ = worth < budget_ ? budget_ - static_cast<unsigned>(worth) : 1;
  }

  Runtime& runtime() const noexcept { return runtime_; }
  unsigned index() const noexcept { return index_; }
  const std::shared_ptr<Poller>& poller() const noexcept { return poller_; }

 private:
  static constexpr int events_at_once = 256;
  static constexpr unsigned io_at_once = 64;  // in one turn of a fiber
  static constexpr std::size_t octets_an_io = 2048;
  static constexpr unsigned resumes_between_polls = 256;

  void list(Fiber& fiber) noexcept;
  void unlist(Fiber& fiber) noexcept;
  void run_posted() noexcept;
  void make_ready(Fiber& fiber) noexcept;
  void choose_next() noexcept;
  void wait_in_world();
  void end_in_world(const std::string& why);
  bool finished() const noexcept {
    return stopping_.load(std::memory_order_acquire) && fibers_.load(std::memory_order_relaxed) == 0;
  }
  void run_ready() noexcept;
  void resume(Fiber& fiber) noexcept;
  void switch_out(Fiber& fiber) noexcept;
  void destroy(Fiber& fiber) noexcept;
  void drain_inbox() noexcept;
  void harvest(bool may_sleep) noexcept;
  int wait_for_events(const timespec* timeout) noexcept;
  void handle(const epoll_event& event) noexcept;
  void fire_timers() noexcept;
  [[noreturn]] static void enter_fiber(Fiber& fiber, void* caller) noexcept;
  struct Entry;

  // Initial-exec: one instruction to reach it, also in position independent code.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local Loop* current_;

  // All loops of the process, for dumps; scripts/gdb_fibers.py looks here, too.
  static constinit std::mutex all_mutex_;
  static constinit Loop* all_;
  Loop* next_loop_ = nullptr;

  Runtime& runtime_;
  const unsigned index_;
  StackPool stacks_;
  std::shared_ptr<Poller> poller_;
  Fiber* running_ = nullptr;
  unsigned budget_ = io_at_once;
  World* const world_;      // null: the kernel's
  std::string stuck_;       // why the fibers of a world were canceled, once they were
  bool abandoned_ = false;  // they did not end by that
  Fiber* live_first_ = nullptr;
  Fiber* live_last_ = nullptr;
  Fiber* ready_first_ = nullptr;
  Fiber* ready_last_ = nullptr;
  TimerHeap timers_;
  void* context_ = nullptr;  // where the loop goes on when a fiber parks
  void* exception_globals_ = nullptr;
  [[maybe_unused]] const void* asan_stack_ = nullptr;
  [[maybe_unused]] std::size_t asan_stack_size_ = 0;
  [[maybe_unused]] void* tsan_fiber_ = nullptr;
  bool precise_waits_ = true;  // the kernel has epoll_pwait2
  epoll_event events_[events_at_once];

  // Touched by other threads.
  alignas(64) std::atomic<Fiber*> inbox_{nullptr};
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> fibers_{0};
  std::atomic<bool> has_posted_{false};
  std::mutex posted_mutex_;
  bool ended_ = false;
  std::vector<UniqueFunction> posted_;
};

}  // namespace posthouse::fiber::detail
