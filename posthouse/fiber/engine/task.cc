#include "posthouse/fiber/engine/task.h"

#include <cerrno>
#include <ctime>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber::detail {

namespace {
constinit thread_local ThreadTask* installed = nullptr;

ThreadTask& thread_task() noexcept {
  if (installed != nullptr) {
    return *installed;
  }
  thread_local ThreadTask own;
  return own;
}
}  // namespace

Task& Task::current() noexcept {
  if (Fiber* fiber = Loop::current_fiber(); fiber != nullptr) {
    return *fiber;
  }
  return thread_task();
}

bool Task::park(TimePoint until) noexcept {
  if (is_fiber_) {
    auto& fiber = static_cast<Fiber&>(*this);
    return fiber.loop.park(fiber, until);
  }
  return static_cast<ThreadTask*>(this)->park_thread(until);
}

void Task::wake() noexcept {
  if (is_fiber_) {
    auto& fiber = static_cast<Fiber&>(*this);
    fiber.loop.wake(fiber);
  } else {
    static_cast<ThreadTask*>(this)->wake_thread();
  }
}

void throw_interrupted() {
  if (const Task& task = Task::current(); !task.cancel_pending() && task.bound_passed()) {
    throw Error(Errc::timeout, "timed out: the deadline of a DeadlineScope has passed", 0, true);
  }
  throw Error(Errc::canceled, "canceled", 0, true);
}

void throw_if_bound_passed() {
  if (Task::current().bound_passed()) {
    throw_interrupted();
  }
}

void ThreadTask::install() noexcept {
  installed = this;
}

ThreadTask::~ThreadTask() {
  if (installed == this) {
    installed = nullptr;
  }
  if (event_ >= 0) {
    ::close(event_);
  }
}

bool ThreadTask::park_thread(TimePoint until) noexcept {
  std::unique_lock lock(mutex_);
  while (!permit_) {
    if (until == TimePoint::max()) {
      woken_.wait(lock);
    } else if (woken_.wait_until(lock, until) == std::cv_status::timeout && !permit_) {
      return false;
    }
  }
  permit_ = false;
  return true;
}

void ThreadTask::wake_thread() noexcept {
  const std::lock_guard lock(mutex_);
  permit_ = true;
  if (polling_) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
  } else {
    woken_.notify_one();
  }
}

void ThreadTask::prepare_to_poll() {
  if (event_ >= 0) {
    return;
  }
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_ < 0) {
    throw Error::from_errno(errno, "cannot wait for a connection");
  }
}

ThreadTask::Polled ThreadTask::poll(int descriptor, short events, TimePoint until) {
  prepare_to_poll();
  {
    const std::lock_guard lock(mutex_);
    if (permit_) {
      permit_ = false;
      return Polled::woken;
    }
    polling_ = true;
  }
  timespec timeout{0, 0};
  if (until != TimePoint::max()) {
    if (const Duration left = until - now(); left.count() > 0) {
      timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
      timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    }
  }
  pollfd both[2] = {{descriptor, events, 0}, {event_, POLLIN, 0}};
  const int count = ppoll(both, 2, until == TimePoint::max() ? nullptr : &timeout, nullptr);
  {
    const std::lock_guard lock(mutex_);
    polling_ = false;
    permit_ = false;
  }
  if (count > 0 && both[1].revents != 0) {
    std::uint64_t value;
    [[maybe_unused]] const auto got = ::read(event_, &value, sizeof value);
  }
  if (count == 0) {
    return Polled::timeout;
  }
  return count > 0 && both[0].revents != 0 ? Polled::ready : Polled::woken;
}

}  // namespace posthouse::fiber::detail
