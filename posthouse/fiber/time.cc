#include "posthouse/fiber/time.h"

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/wait_list.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net {

TimePoint now() noexcept {
  if (World* world = detail::Loop::current_world(); world != nullptr) [[unlikely]] {
    return world->now();
  }
  return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point wall_now() noexcept {
  if (World* world = detail::Loop::current_world(); world != nullptr) [[unlikely]] {
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

void sleep_until(TimePoint moment) {
  detail::Task& task = detail::Task::current();
  const TimePoint until = task.bounded(moment);
  task.waits_for = {.what = "the time"};
  do {
    task.throw_if_canceled();
  } while (task.park(until));
  if (until < moment) {
    detail::throw_interrupted();
  }
}

void sleep_for(Duration duration) {
  sleep_until(Deadline(duration).moment());
}

}  // namespace posthouse::net
