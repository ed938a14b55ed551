#include "posthouse/relay/tls_reports/counts.h"

namespace posthouse::relay {

void TlsCounts::add(const TlsSession& session, std::chrono::sys_days day, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  const std::pair key(day, session);
  const auto found = counts_.find(key);
  if (found != counts_.end()) {
    found->second += count;
  } else if (counts_.size() < most) {
    counts_.emplace(key, count);
  }
}

std::vector<CountedSessions> TlsCounts::take() {
  decltype(counts_) taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(counts_);
  }
  std::vector<CountedSessions> list;
  for (const auto& [key, count] : taken) {
    list.push_back({.day = key.first, .session = key.second, .count = count});
  }
  return list;
}

}  // namespace posthouse::relay
