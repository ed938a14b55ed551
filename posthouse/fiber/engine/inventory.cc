#include "posthouse/fiber/engine/inventory.h"

#include <algorithm>
#include <array>

#include <sys/mman.h>

#include "posthouse/fiber/engine/loop.h"

namespace posthouse::fiber::detail {

namespace {

// From the lowest page that is resident up to the top.
std::size_t stack_used(const Stack& stack) {
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
    info.peer = static_cast<const HasPeer*>(fiber.waits_for.object)->peer_name();
  } else {
    info.object = fiber.waits_for.object;
  }
  if (fiber.until != TimePoint::max()) {
    info.expires_in = std::max(fiber.until - moment, Duration::zero());
  }
  return info;
}

}  // namespace

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

std::string lines_of(const std::vector<FiberInfo>& fibers) {
  std::string text;
  for (const FiberInfo& fiber : fibers) {
    text += "  " + fiber.to_string() + '\n';
  }
  return text;
}

}  // namespace posthouse::fiber::detail
