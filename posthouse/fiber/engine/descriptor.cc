#include "posthouse/fiber/engine/descriptor.h"

#include <cerrno>

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber::detail {

namespace {
constexpr std::uint32_t reading = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;
}  // namespace

Registration& Descriptor::attach_anew(Loop& loop, Side side) {
  if (registration_ != nullptr) {
    if (registration_->reader != nullptr || registration_->writer != nullptr) {
      throw Error(Errc::invalid, "a connection is used on two loops at the same time");
    }
    detach();
  }
  auto registration = std::make_unique<Registration>();
  registration->poller = loop.poller();
  registration->descriptor = descriptor_;
  registration->watches_writing = side == Side::write;
  epoll_event event{};
  event.events = side == Side::write ? reading | EPOLLOUT : reading;
  event.data.ptr = registration.get();
  if (epoll_ctl(loop.poller()->epoll, EPOLL_CTL_ADD, descriptor_, &event) != 0) {
    throw Error::from_errno(errno, "cannot wait for a connection");
  }
  registration_ = registration.release();
  return *registration_;
}

// Asking anew for an event gives it at once when it is due already.
void Descriptor::watch_writing(Registration& registration, bool on) noexcept {
  registration.watches_writing = on;
  registration.writable = false;
  epoll_event event{};
  event.events = on ? reading | EPOLLOUT : reading;
  event.data.ptr = &registration;
  epoll_ctl(registration.poller->epoll, EPOLL_CTL_MOD, descriptor_, &event);
}

void Descriptor::detach() noexcept {
  if (registration_ == nullptr) {
    return;
  }
  Registration* registration = std::exchange(registration_, nullptr);
  // Explicitly, since closing does not take it out while a forked child has a copy.
  epoll_ctl(registration->poller->epoll, EPOLL_CTL_DEL, descriptor_, nullptr);
  const Loop* loop = Loop::current();
  if (loop != nullptr && loop->poller() == registration->poller) {
    delete registration;
    return;
  }
  const std::shared_ptr<Poller> poller = std::move(registration->poller);
  const std::lock_guard lock(poller->mutex);
  poller->retired.push_back(registration);
  poller->has_retired.store(true, std::memory_order_relaxed);
}

void Descriptor::close() noexcept {
  if (descriptor_ < 0) {
    return;
  }
  detach();
  ::close(descriptor_);
  descriptor_ = -1;
}

void Descriptor::throw_closed() {
  throw Error(Errc::closed, "the connection is closed");
}

void Descriptor::drained(Side side) noexcept {
  if (Registration* here = registration_here(); here != nullptr) {
    (side == Side::read ? here->readable : here->writable) = false;
  } else {
    poll_first_[static_cast<int>(side)] = true;
  }
}

void Descriptor::after_read(std::size_t got, std::size_t wanted) noexcept {
  if (got == wanted || kind_ != Kind::tcp) {
    return;
  }
  if (Registration* here = registration_here(); here != nullptr) {
    if (!here->ended && !here->urgent) {
      here->readable = false;
    }
  } else {
    poll_first_[static_cast<int>(Side::read)] = true;
  }
}

Descriptor::Wait Descriptor::wait(Side side, Deadline deadline, const std::atomic<bool>* interrupt) {
  Fiber* fiber = Loop::current_fiber();
  if (fiber == nullptr) {
    return wait_in_thread(side, deadline, interrupt);
  }
  Registration& registration = attach(fiber->loop, side);
  Fiber*& waiter = side == Side::read ? registration.reader : registration.writer;
  const bool& ready = side == Side::read ? registration.readable : registration.writable;
  if (waiter != nullptr) {
    throw Error(Errc::invalid, "two fibers wait for the same connection");
  }
  waiter = fiber;
  struct Leave {
    Descriptor& descriptor;
    Registration& registration;
    Fiber*& waiter;
    const bool unwatch;
    ~Leave() {
      waiter = nullptr;
      if (unwatch) {
        descriptor.watch_writing(registration, false);
      }
    }
  } leave{*this, registration, waiter, kind_ == Kind::udp && side == Side::write};
  if (side == Side::write && !registration.watches_writing) {
    watch_writing(registration, true);
  }
  const TimePoint until = fiber->bounded(deadline.moment());
  fiber->waits_for = {side == Side::read ? "input" : "room for output", descriptor_, true,
                      static_cast<const HasPeer*>(this)};
  while (!ready) {
    fiber->throw_if_canceled();
    if (interrupt != nullptr && interrupt->load(std::memory_order_acquire)) {
      break;
    }
    if (!fiber->loop.park(*fiber, until) && !ready) {
      return Wait::timeout;
    }
  }
  return Wait::ready;
}

Descriptor::Wait Descriptor::wait_in_thread(Side side, Deadline deadline, const std::atomic<bool>* interrupt) {
  auto& task = static_cast<ThreadTask&>(Task::current());
  const auto events = static_cast<short>(side == Side::read ? POLLIN | POLLRDHUP : POLLOUT);
  const TimePoint until = task.bounded(deadline.moment());
  for (;;) {
    task.throw_if_canceled();
    if (interrupt != nullptr && interrupt->load(std::memory_order_acquire)) {
      return Wait::ready;
    }
    switch (task.poll(descriptor_, events, until)) {
      case ThreadTask::Polled::timeout:
        return Wait::timeout;
      case ThreadTask::Polled::woken:
        continue;
      case ThreadTask::Polled::ready:
        break;
    }
    poll_first_[static_cast<int>(side)] = false;
    return Wait::ready;
  }
}

Descriptor::Wait Descriptor::wait_before_read(Deadline deadline) {
  begin_io();
  Fiber* fiber = Loop::current_fiber();
  if (fiber == nullptr) {
    return wait_in_thread(Side::read, deadline, nullptr);
  }
  return attach(fiber->loop, Side::read).readable ? Wait::ready : wait(Side::read, deadline);
}

}  // namespace posthouse::fiber::detail
