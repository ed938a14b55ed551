#include "posthouse/fiber/dump.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <mutex>

#include <sys/mman.h>
#include <sys/socket.h>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/wait_list.h"

namespace posthouse::net {

using detail::Fiber;
using detail::Loop;

namespace {

constexpr auto patience = std::chrono::seconds(1);

// From the lowest page that is resident up to the top.
std::size_t stack_used(const detail::Stack& stack) {
  const std::size_t page = stack.guard;
  std::array<unsigned char, 64> resident{};
  for (char* at = stack.mapping + stack.guard; at < stack.mapping + stack.size; at += resident.size() * page) {
    const auto left = static_cast<std::size_t>(stack.mapping + stack.size - at);
    const std::size_t pages = std::min(left / page, resident.size());
    if (mincore(at, pages * page, resident.data()) != 0) {
      return 0;
    }
    for (std::size_t i = 0; i < pages; ++i) {
      if ((resident[i] & 1u) != 0) {
        return left - i * page;
      }
    }
  }
  return 0;
}

Address peer_of(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return Address::from_sockaddr(&storage, size);
}

FiberInfo describe(const Fiber& fiber, TimePoint moment) {
  FiberInfo info;
  info.name = fiber.name;
  info.loop = fiber.loop.index();
  info.age = moment - fiber.born;
  info.stack_used = stack_used(fiber.stack);
  info.stack_size = fiber.stack.size - fiber.stack.guard;
  info.state = fiber.state == Fiber::State::running ? FiberInfo::State::running
               : fiber.state == Fiber::State::ready ? FiberInfo::State::ready
                                                    : FiberInfo::State::parked;
  if (info.state != FiberInfo::State::parked) {
    return info;
  }
  info.waits_for = fiber.waits_for.what;
  info.descriptor = fiber.waits_for.descriptor;
  if (fiber.waits_for.has_peer) {
    info.peer = *static_cast<const Address*>(fiber.waits_for.object);
  } else {
    info.object = fiber.waits_for.object;
  }
  if (info.descriptor >= 0) {
    info.peer = peer_of(info.descriptor);
  }
  if (fiber.until != TimePoint::max()) {
    info.expires_in = std::max(fiber.until - moment, Duration::zero());
  }
  return info;
}

std::vector<FiberInfo> fibers_of(const Loop& loop) {
  const TimePoint moment = now();
  std::vector<FiberInfo> fibers;
  for (const Fiber* fiber = loop.live_fibers(); fiber != nullptr; fiber = fiber->live_next) {
    if (fiber->state != Fiber::State::done) {
      fibers.push_back(describe(*fiber, moment));
    }
  }
  return fibers;
}

// What the loops answer. Shared with them, since one may answer when nobody waits any more.
class Census {
 public:
  void expect(const Loop& loop) {
    const std::lock_guard lock(mutex_);
    missing_.push_back(&loop);
    numbers_.push_back(loop.index());
  }
  void forget(const Loop& loop) {
    const std::lock_guard lock(mutex_);
    remove(loop);
  }
  void answer(const Loop& loop, std::vector<FiberInfo> fibers) {
    detail::Wakeups wakeups;
    const std::lock_guard lock(mutex_);
    list_.fibers.insert(list_.fibers.end(), std::make_move_iterator(fibers.begin()),
                        std::make_move_iterator(fibers.end()));
    remove(loop);
    if (missing_.empty()) {
      complete_.notify_all(wakeups);
    }
  }
  FiberList wait() {
    std::unique_lock lock(mutex_);
    const Deadline deadline = patience;
    using detail::WaitList;
    while (!missing_.empty() &&
           complete_.wait(lock, deadline, WaitList::Cancel::ignored) == WaitList::Result::notified) {
    }
    list_.silent_loops = numbers_;
    std::stable_sort(list_.fibers.begin(), list_.fibers.end(),
                     [](const FiberInfo& a, const FiberInfo& b) { return a.loop < b.loop; });
    return std::move(list_);
  }

 private:
  void remove(const Loop& loop) {
    const auto place = std::find(missing_.begin(), missing_.end(), &loop);
    if (place == missing_.end()) {
      return;
    }
    numbers_.erase(numbers_.begin() + (place - missing_.begin()));
    missing_.erase(place);
  }

  std::mutex mutex_;
  std::vector<const Loop*> missing_;
  std::vector<unsigned> numbers_;  // theirs; a loop may be gone by the time it is called silent
  FiberList list_;
  detail::WaitList complete_{"the loops' lists of fibers"};
};

std::string lines_of(const std::vector<FiberInfo>& fibers) {
  std::string text;
  for (const FiberInfo& fiber : fibers) {
    text += "  " + fiber.to_string() + '\n';
  }
  return text;
}

std::string text_of(Duration duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(duration).count());
  return text.data();
}

}  // namespace

std::string FiberInfo::to_string() const {
  std::string text = (name.empty() ? "a fiber" : '"' + name + '"') + " on loop " + std::to_string(loop);
  if (state == State::running) {
    text += " runs";
  }
  if (state == State::ready) {
    text += " is ready";
  }
  if (state == State::parked) {
    text += " waits for " + (waits_for.empty() ? "its start" : waits_for);
  }
  if (peer.family() != Address::Family::none) {
    text += " from " + peer.to_string();
  }
  if (descriptor >= 0) {
    text += " (descriptor " + std::to_string(descriptor) + ')';
  }
  if (object != nullptr) {
    std::array<char, 32> address{};
    std::snprintf(address.data(), address.size(), " (0x%" PRIxPTR ")", reinterpret_cast<std::uintptr_t>(object));
    text += address.data();
  }
  if (expires_in) {
    text += ", at most " + text_of(*expires_in) + " more";
  }
  return text + "; age " + text_of(age) + ", stack " + std::to_string(stack_used / 1024) + " of " +
         std::to_string(stack_size / 1024) + " KiB";
}

std::string detail::dump_loop(const Loop& loop) {
  return lines_of(fibers_of(loop));
}

FiberList list_fibers() {
  const auto census = std::make_shared<Census>();
  Loop* const here = Loop::current();
  Loop::for_each([&](Loop& loop) {
    census->expect(loop);
    if (&loop != here && !loop.post([census, &loop] { census->answer(loop, fibers_of(loop)); })) {
      census->forget(loop);
    }
  });
  if (here != nullptr) {
    census->answer(*here, fibers_of(*here));
  }
  return census->wait();
}

std::string dump_fibers() {
  const FiberList list = list_fibers();
  std::string text = std::to_string(list.fibers.size()) + (list.fibers.size() == 1 ? " fiber\n" : " fibers\n");
  text += lines_of(list.fibers);
  for (const unsigned loop : list.silent_loops) {
    text += "  loop " + std::to_string(loop) + " does not answer: a fiber keeps its thread busy or blocks it\n";
  }
  return text;
}

}  // namespace posthouse::net
