#include "posthouse/relay/worker/leases.h"

#include <utility>

namespace posthouse::relay {

std::vector<queue::Claimed> Leases::take(std::vector<queue::Claimed> rows, queue::Moment until) {
  const std::lock_guard lock(mutex_);
  std::erase_if(rows, [&](const queue::Claimed& row) {
    const auto [entry, fresh] = until_.try_emplace(row.id, until);
    entry->second = until;
    return !fresh;
  });
  return rows;
}

void Leases::drop(const std::vector<std::int64_t>& ids) noexcept {
  const std::lock_guard lock(mutex_);
  for (const std::int64_t id : ids) {
    until_.erase(id);
  }
}

std::vector<std::int64_t> Leases::to_renew(queue::Moment now, queue::Moment::duration lease) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> ids;
  for (const auto& [id, until] : until_) {
    if (until - now <= lease * 2 / 3 || until - now > lease) {
      ids.push_back(id);
    }
  }
  return ids;
}

void Leases::renewed(const std::vector<std::int64_t>& ids, queue::Moment until) {
  const std::lock_guard lock(mutex_);
  for (const std::int64_t id : ids) {
    if (const auto found = until_.find(id); found != until_.end()) {
      found->second = until;
    }
  }
}

}  // namespace posthouse::relay
