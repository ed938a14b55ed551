#pragma once
// What a worker holds leases on: from a claim until the outcome is written down. Private to this module.
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "posthouse/queue/rows.h"

namespace posthouse::relay {

/// The recipient rows that are in a worker's hands. Safe from any thread.
class Leases {
 public:
  /// Takes `rows`, leased until `until`; leaves out those that are in the worker's hands already (their lease ran out
  /// behind its back, or the clock was set; the worker goes on by the new lease) and returns the others, in order.
  std::vector<queue::Claimed> take(std::vector<queue::Claimed> rows, queue::Moment until);
  /// By which claim the worker has row `id`, for queue::Outcome::fence; 0 when it has not.
  std::int64_t fence_of(std::int64_t id) const;
  /// The worker has nothing to do with them any more.
  void drop(const std::vector<std::int64_t>& ids) noexcept;
  /// Those that a third of `lease` has passed of at `now`, or that last longer than `lease` because the clock was set.
  std::vector<queue::Lease> to_renew(queue::Moment now, queue::Moment::duration lease) const;
  void renewed(const std::vector<std::int64_t>& ids, queue::Moment until);

 private:
  struct Held {
    queue::Moment until{};
    std::int64_t fence = 0;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, Held> held_;  // by recipient row
};

}  // namespace posthouse::relay
