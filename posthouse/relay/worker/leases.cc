#include "posthouse/relay/worker/leases.h"

#include <utility>

namespace posthouse::relay {

std::vector<queue::Claimed> Leases::take(std::vector<queue::Claimed> rows, queue::Moment until) {
  const std::lock_guard lock(mutex_);
  std::erase_if(
      rows, [&](const queue::Claimed& row) { return !held_.insert_or_assign(row.id, Held{until, row.fence}).second; });
  return rows;
}

std::int64_t Leases::fence_of(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(id);
  return found == held_.end() ? 0 : found->second.fence;
}

void Leases::drop(const std::vector<std::int64_t>& ids) noexcept {
  const std::lock_guard lock(mutex_);
  for (const std::int64_t id : ids) {
    held_.erase(id);
  }
}

std::vector<queue::Lease> Leases::to_renew(queue::Moment now, queue::Moment::duration lease) const {
  const std::lock_guard lock(mutex_);
  std::vector<queue::Lease> leases;
  for (const auto& [id, held] : held_) {
    if (held.until - now <= lease * 2 / 3 || held.until - now > lease) {
      leases.push_back({id, held.fence});
    }
  }
  return leases;
}

void Leases::renewed(const std::vector<std::int64_t>& ids, queue::Moment until) {
  const std::lock_guard lock(mutex_);
  for (const std::int64_t id : ids) {
    if (const auto found = held_.find(id); found != held_.end()) {
      found->second.until = until;
    }
  }
}

}  // namespace posthouse::relay
