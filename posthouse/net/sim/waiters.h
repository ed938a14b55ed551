#pragma once
// Fibers of one loop that wait for one thing. (Internal to the module.)
#include <vector>

#include "posthouse/net/time.h"

namespace posthouse::net::detail {
class Task;
}

namespace posthouse::net::sim {

/// A simulation has one thread, so nothing here is locked. A wait may end early: whoever waits looks again.
class Waiters {
 public:
  Waiters() = default;
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  /// Waits until woken or until `moment`. Throws Errc::canceled.
  void wait(TimePoint moment);
  /// Wakes all that wait.
  void wake() noexcept;

 private:
  std::vector<detail::Task*> waiting_;
};

}  // namespace posthouse::net::sim
