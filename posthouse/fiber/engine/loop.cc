#include "posthouse/fiber/engine/loop.h"

#include <cassert>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <new>

#include <boost/context/detail/fcontext.hpp>
#include <cxxabi.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "posthouse/fiber/engine/overflow_guard.h"
#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber::detail {

namespace context = boost::context::detail;

constinit thread_local Loop* Loop::current_ = nullptr;
constinit std::mutex Loop::all_mutex_;
constinit Loop* Loop::all_ = nullptr;

// The poller --------------------------------------------------------------------------------------------------------

Poller::Poller() : epoll(epoll_create1(EPOLL_CLOEXEC)), event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event interruption{};
  interruption.events = EPOLLIN | EPOLLET;
  interruption.data.ptr = nullptr;
  if (epoll >= 0 && event >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, event, &interruption) == 0) {
    return;
  }
  const int error = errno;
  if (epoll >= 0) {
    ::close(epoll);
  }
  if (event >= 0) {
    ::close(event);
  }
  throw Error::from_errno(error, "cannot start an event loop");
}

Poller::~Poller() {
  free_retired();
  ::close(epoll);
  ::close(event);
}

void Poller::interrupt() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
}

void Poller::free_retired() noexcept {
  std::vector<Registration*> gone;
  {
    const std::lock_guard lock(mutex);
    gone.swap(retired);
    has_retired.store(false, std::memory_order_relaxed);
  }
  for (Registration* registration : gone) {
    delete registration;
  }
}

// Fibers ------------------------------------------------------------------------------------------------------------

Fiber::Fiber(Loop& owner, Stack memory, UniqueFunction what, std::string called)
    : Task(true), loop(owner), stack(memory), body(std::move(what)), name(std::move(called)) {
#if defined(POSTHOUSE_TSAN)
  tsan_fiber = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#if defined(POSTHOUSE_TSAN)
  __tsan_destroy_fiber(tsan_fiber);
#endif
}

struct Loop::Entry {
  static void enter(context::transfer_t from) {
    Fiber& fiber = *static_cast<Fiber*>(from.data);
    enter_fiber(fiber, from.fctx);
  }
};

void Loop::enter_fiber(Fiber& fiber, void* caller) noexcept {
  Loop& loop = fiber.loop;
  loop.context_ = caller;
#if defined(POSTHOUSE_ASAN)
  __sanitizer_finish_switch_fiber(nullptr, &loop.asan_stack_, &loop.asan_stack_size_);
#endif
  fiber.body();
  fiber.body = {};
  fiber.state = Fiber::State::done;
  loop.switch_out(fiber);
  __builtin_unreachable();
}

Fiber& Loop::make_fiber(UniqueFunction body, std::string name) {
  const Stack stack = stacks_.take();
  // The fiber's record sits at the top of its stack. Stacks lie a multiple of the page size apart; unless their tops
  // are shifted against each other, all of them compete for the same lines of the processor's caches.
  static std::atomic<std::size_t> colours{0};
  const std::size_t colour = colours.fetch_add(1, std::memory_order_relaxed) % 16 * 128;
  auto top = reinterpret_cast<std::uintptr_t>(stack.mapping + stack.size) - colour - sizeof(Fiber);
  top &= ~static_cast<std::uintptr_t>(63);
  auto* fiber = ::new (reinterpret_cast<void*>(top)) Fiber(*this, stack, std::move(body), std::move(name));
  const char* bottom = stack.mapping + stack.guard;
  fiber->context = context::make_fcontext(fiber, static_cast<std::size_t>(reinterpret_cast<const char*>(top) - bottom),
                                          &Entry::enter);
  fibers_.fetch_add(1, std::memory_order_relaxed);
  if (world_ != nullptr) {
    if (const Fiber* parent = current_fiber(); parent != nullptr) {
      fiber->machine = parent->machine;
    }
  }
  if (current_ == this) {
    list(*fiber);  // otherwise when it is seen in the inbox
  }
  return *fiber;
}

void Loop::destroy(Fiber& fiber) noexcept {
  timers_.remove(fiber);
  if (fiber.listed) {
    unlist(fiber);
  }
  const Stack stack = fiber.stack;
  fiber.~Fiber();
  stacks_.give_back(stack);
  fibers_.fetch_sub(1, std::memory_order_relaxed);
}

void Loop::list(Fiber& fiber) noexcept {
  fiber.listed = true;
  fiber.live_previous = live_last_;
  (live_last_ == nullptr ? live_first_ : live_last_->live_next) = &fiber;
  live_last_ = &fiber;
}

void Loop::unlist(Fiber& fiber) noexcept {
  (fiber.live_previous == nullptr ? live_first_ : fiber.live_previous->live_next) = fiber.live_next;
  (fiber.live_next == nullptr ? live_last_ : fiber.live_next->live_previous) = fiber.live_previous;
}

// Switching: loop → fiber in resume(), fiber → loop in switch_out().

void Loop::resume(Fiber& fiber) noexcept {
  running_ = &fiber;
  fiber.state = Fiber::State::running;
  budget_ = io_at_once;
  ExceptionState outer;
  std::memcpy(&outer, exception_globals_, sizeof outer);
  std::memcpy(exception_globals_, &fiber.exceptions, sizeof outer);
#if defined(POSTHOUSE_ASAN)
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, fiber.stack.mapping + fiber.stack.guard,
                                 fiber.stack.size - fiber.stack.guard);
#elif defined(POSTHOUSE_TSAN)
  __tsan_switch_to_fiber(fiber.tsan_fiber, 0);
#endif
  const context::transfer_t from = context::jump_fcontext(fiber.context, &fiber);
#if defined(POSTHOUSE_ASAN)
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  fiber.context = from.fctx;
  std::memcpy(&fiber.exceptions, exception_globals_, sizeof outer);
  std::memcpy(exception_globals_, &outer, sizeof outer);
  running_ = nullptr;
}

void Loop::switch_out(Fiber& fiber) noexcept {
#if defined(POSTHOUSE_ASAN)
  // A null pointer instead of the place to keep it says that this stack is not coming back.
  __sanitizer_start_switch_fiber(fiber.state == Fiber::State::done ? nullptr : &fiber.asan_fake_stack, asan_stack_,
                                 asan_stack_size_);
#elif defined(POSTHOUSE_TSAN)
  __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
  const context::transfer_t from = context::jump_fcontext(context_, &fiber);
#if defined(POSTHOUSE_ASAN)
  __sanitizer_finish_switch_fiber(fiber.asan_fake_stack, &asan_stack_, &asan_stack_size_);
#endif
  context_ = from.fctx;
}

bool Loop::park(Fiber& fiber, TimePoint until) noexcept {
  assert(&fiber == running_);
  fiber.timed_out = false;
  fiber.state = Fiber::State::parked;
  if (until != TimePoint::max()) {
    fiber.until = until;
    timers_.arm(fiber);
  }
  switch_out(fiber);
  if (until != TimePoint::max()) {
    fiber.until = TimePoint::max();
  }
  return !fiber.timed_out;
}

void Loop::yield(Fiber& fiber) noexcept {
  make_ready(fiber);
  switch_out(fiber);
}

// Memory fetched ahead ----------------------------------------------------------------------------------------------
//
// Of thousands of fibers none is in the processor's caches any more when its turn comes, and each of its lines that is
// waited for costs as much as a hundred instructions. A prefetch of an address where nothing is mapped does nothing.

namespace {

// While one fiber talks to the kernel, the frames in which the next one was parked come nearer.
void fetch_ahead(const Fiber& fiber) noexcept {
  constexpr std::size_t line = 64;
  constexpr std::size_t lines = 8;  // down to the frame that reads and writes
  const char* frames = static_cast<const char*>(fiber.context);
  for (std::size_t i = 0; i < lines; ++i) {
    __builtin_prefetch(frames + i * line);
  }
}

// While one event is handled, the registrations and fibers of some that follow.
void fetch_ahead(const epoll_event* event, const epoll_event* end) noexcept {
  constexpr std::ptrdiff_t registration_ahead = 4;
  constexpr std::ptrdiff_t fiber_ahead = 2;
  if (end - event > registration_ahead) {
    __builtin_prefetch(event[registration_ahead].data.ptr);
  }
  if (end - event <= fiber_ahead) {
    return;
  }
  const auto* registration = static_cast<const Registration*>(event[fiber_ahead].data.ptr);
  if (registration != nullptr && registration->reader != nullptr) {
    __builtin_prefetch(&registration->reader->state);
  }
}

}  // namespace

// The queue and the inbox -------------------------------------------------------------------------------------------

void Loop::make_ready(Fiber& fiber) noexcept {
  fiber.state = Fiber::State::ready;
  fiber.next_ready = nullptr;
  if (ready_last_ == nullptr) {
    ready_first_ = &fiber;
  } else {
    ready_last_->next_ready = &fiber;
  }
  ready_last_ = &fiber;
}

bool Loop::wake_quietly(Fiber& fiber) noexcept {
  if (current_ == this) {
    if (fiber.state == Fiber::State::parked) {
      make_ready(fiber);
    }
    return false;
  }
  if (fiber.in_inbox.exchange(true, std::memory_order_acq_rel)) {
    return false;  // the loop has yet to look at it
  }
  Fiber* first = inbox_.load(std::memory_order_relaxed);
  do {
    fiber.next_in_inbox = first;
  } while (!inbox_.compare_exchange_weak(first, &fiber, std::memory_order_seq_cst, std::memory_order_relaxed));
  // The loop says that it sleeps before it looks into the inbox for the last time, we the other way round: one of the
  // two sees the other. Of many that wake it at once, one interrupts it.
  return sleeping_.load(std::memory_order_seq_cst) && sleeping_.exchange(false, std::memory_order_seq_cst);
}

void Loop::drain_inbox() noexcept {
  if (inbox_.load(std::memory_order_relaxed) == nullptr) {
    return;
  }
  Fiber* fiber = inbox_.exchange(nullptr, std::memory_order_seq_cst);
  while (fiber != nullptr) {
    Fiber* next = fiber->next_in_inbox;
    // From here on it may be put in again; what its wakers did before is seen by it when it runs.
    fiber->in_inbox.exchange(false, std::memory_order_acq_rel);
    if (!fiber->listed) {
      list(*fiber);
    }
    if (fiber->state == Fiber::State::parked) {
      make_ready(*fiber);
    } else if (fiber->state == Fiber::State::done) {
      destroy(*fiber);
    }
    fiber = next;
  }
}

void Loop::run_ready() noexcept {
  for (unsigned count = 0; ready_first_ != nullptr && count < resumes_between_polls; ++count) {
    if (world_ != nullptr) {
      choose_next();
    }
    Fiber& fiber = *ready_first_;
    ready_first_ = fiber.next_ready;
    if (ready_first_ == nullptr) {
      ready_last_ = nullptr;
    } else {
      fetch_ahead(*ready_first_);
    }
    resume(fiber);
    // A fiber that a waker has put into the inbox stays until the inbox has been emptied.
    if (fiber.state == Fiber::State::done && !fiber.in_inbox.load(std::memory_order_acquire)) {
      destroy(fiber);
    }
  }
}

// The loop ----------------------------------------------------------------------------------------------------------

Loop::Loop(Runtime& runtime, unsigned index, std::size_t stack_size, World* world)
    : runtime_(runtime), index_(index), stacks_(stack_size), poller_(std::make_shared<Poller>()), world_(world) {
  const std::lock_guard lock(all_mutex_);
  next_loop_ = std::exchange(all_, this);
}

Loop::~Loop() {
  const std::lock_guard lock(all_mutex_);
  Loop** link = &all_;
  while (*link != this) {
    link = &(*link)->next_loop_;
  }
  *link = next_loop_;
}

bool Loop::post(UniqueFunction f) {
  {
    const std::lock_guard lock(posted_mutex_);
    if (ended_) {
      return false;
    }
    posted_.push_back(std::move(f));
    has_posted_.store(true, std::memory_order_release);
  }
  poller_->interrupt();
  return true;
}

void Loop::run_posted() noexcept {
  std::vector<UniqueFunction> posted;
  {
    const std::lock_guard lock(posted_mutex_);
    posted.swap(posted_);
    has_posted_.store(false, std::memory_order_relaxed);
  }
  for (UniqueFunction& f : posted) {
    f();
  }
}

void Loop::stop() noexcept {
  stopping_.store(true, std::memory_order_seq_cst);
  poller_->interrupt();
}

void Loop::run() {
  const OverflowGuard guard;
  current_ = this;
  World::current_ = world_;
  exception_globals_ = abi::__cxa_get_globals();
#if defined(POSTHOUSE_TSAN)
  tsan_fiber_ = __tsan_get_current_fiber();
#endif
  while (!finished() && !abandoned_) {
    drain_inbox();
    if (has_posted_.load(std::memory_order_acquire)) [[unlikely]] {
      run_posted();
    }
    run_ready();
    if (poller_->has_retired.load(std::memory_order_relaxed)) {
      poller_->free_retired();
    }
    if (world_ != nullptr) {
      if (ready_first_ == nullptr) {
        wait_in_world();
      }
    } else {
      harvest(ready_first_ == nullptr);
    }
    if (!timers_.empty()) {
      fire_timers();
    }
  }
  {
    const std::lock_guard lock(posted_mutex_);
    ended_ = true;
  }
  run_posted();
  World::current_ = nullptr;
  current_ = nullptr;
  if (!stuck_.empty()) {
    throw Error(Errc::timeout, stuck_);
  }
}

void Loop::fire_timers() noexcept {
  const TimePoint moment = now();
  while (Fiber* fiber = timers_.pop_due(moment)) {
    if (fiber->state != Fiber::State::parked) {
      continue;  // woken already, by what it waited for
    }
    fiber->timed_out = true;
    make_ready(*fiber);
  }
}

void Loop::harvest(bool may_sleep) noexcept {
  timespec timeout{0, 0};
  const timespec* wait = &timeout;
  if (may_sleep) {
    sleeping_.store(true, std::memory_order_seq_cst);
    if (inbox_.load(std::memory_order_seq_cst) == nullptr &&
        !(stopping_.load(std::memory_order_seq_cst) && fibers_.load(std::memory_order_relaxed) == 0)) {
      const TimePoint earliest = timers_.earliest();
      if (earliest == TimePoint::max()) {
        wait = nullptr;
      } else {
        const Duration left = earliest - now();
        if (left.count() > 0) {
          timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
          timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
        }
      }
    }
  }
  const int count = wait_for_events(wait);
  if (may_sleep) {
    sleeping_.store(false, std::memory_order_relaxed);
  }
  for (int i = 0; i < count; ++i) {
    fetch_ahead(events_ + i, events_ + count);
    handle(events_[i]);
  }
}

int Loop::wait_for_events(const timespec* timeout) noexcept {
  if (precise_waits_) {
    const int count = epoll_pwait2(poller_->epoll, events_, events_at_once, timeout, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) {
      return count;
    }
    precise_waits_ = false;  // Linux before 5.11, or a sandbox
  }
  int milliseconds = -1;
  if (timeout != nullptr) {
    const auto rounded_up = timeout->tv_sec >= INT_MAX / 1000 - 1
                                ? INT_MAX
                                : static_cast<int>(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999'999) / 1'000'000);
    milliseconds = rounded_up;
  }
  return epoll_wait(poller_->epoll, events_, events_at_once, milliseconds);
}

void Loop::handle(const epoll_event& event) noexcept {
  if (event.data.ptr == nullptr) {
    return;  // an interruption: the inbox is looked at anyway
  }
  auto& registration = *static_cast<Registration*>(event.data.ptr);
  const std::uint32_t what = event.events;
  if ((what & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
    registration.ended = true;
  }
  if ((what & EPOLLPRI) != 0) {
    registration.urgent = true;
  }
  if ((what & (EPOLLIN | EPOLLPRI | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
    registration.readable = true;
    if (Fiber* reader = registration.reader; reader != nullptr && reader->state == Fiber::State::parked) {
      make_ready(*reader);
    }
  }
  if ((what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    registration.writable = true;
    if (Fiber* writer = registration.writer; writer != nullptr && writer->state == Fiber::State::parked) {
      make_ready(*writer);
    }
  }
}

}  // namespace posthouse::fiber::detail
