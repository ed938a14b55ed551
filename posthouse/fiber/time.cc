#include "posthouse/fiber/time.h"

#include "posthouse/fiber/world.h"

namespace posthouse::fiber {

TimePoint now() noexcept {
  if (World* world = World::current(); world != nullptr) [[unlikely]] {
    return world->now();
  }
  return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point wall_now() noexcept {
  if (World* world = World::current(); world != nullptr) [[unlikely]] {
    return world->wall_now();
  }
  return std::chrono::system_clock::now();
}

Duration Deadline::remaining() const noexcept {
  if (is_never()) {
    return Duration::max();
  }
  const TimePoint moment = now();
  return moment >= moment_ ? Duration::zero() : moment_ - moment;
}

}  // namespace posthouse::fiber
