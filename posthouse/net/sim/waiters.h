#pragma once
// Fibers of one loop that wait for one thing. (Internal to the module.)
#include <vector>

#include "posthouse/fiber/engine/task.h"
#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net::sim {

/// A simulation has one thread, so nothing here is locked. A wait may end early: whoever waits looks again.
class Waiters {
 public:
  /// `what` they wait for, in dumps; of static storage.
  explicit Waiters(const char* what) noexcept : what_(what) {}
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  /// Waits until woken or until `moment`. Throws Errc::canceled. `from` is for dumps: whom it depends on.
  void wait(TimePoint moment, const Address* from = nullptr);
  /// Wakes all that wait.
  void wake() noexcept;

 private:
  const char* const what_;
  std::vector<fiber::detail::Task*> waiting_;
};

}  // namespace posthouse::net::sim
