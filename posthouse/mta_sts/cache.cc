#include "posthouse/mta_sts/cache.h"

#include <algorithm>
#include <utility>

namespace posthouse::mta_sts {

std::chrono::sys_seconds CachedPolicy::refresh_at() const noexcept {
  return fetched_at + std::min<std::chrono::seconds>(std::chrono::hours(24), policy.max_age / 2);
}

std::optional<CachedPolicy> MemoryCache::find(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  const auto found = policies_.find(domain);
  return found == policies_.end() ? std::nullopt : std::optional(found->second);
}

void MemoryCache::put(const CachedPolicy& policy) {
  const std::lock_guard lock(mutex_);
  policies_.insert_or_assign(policy.domain, policy);
  while (policies_.size() > most_) {
    policies_.erase(std::min_element(policies_.begin(), policies_.end(), [](const auto& a, const auto& b) {
      return a.second.expires_at() < b.second.expires_at();
    }));
  }
}

std::vector<std::string> MemoryCache::due(std::chrono::sys_seconds now, std::size_t limit) {
  std::vector<std::pair<std::chrono::sys_seconds, std::string>> found;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [domain, policy] : policies_) {
      if (policy.refresh_at() <= now && policy.expires_at() > now) {
        found.emplace_back(policy.expires_at(), domain);
      }
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> domains;
  for (std::size_t i = 0; i < found.size() && i < limit; ++i) {
    domains.push_back(std::move(found[i].second));
  }
  return domains;
}

std::size_t MemoryCache::drop_expired(std::chrono::sys_seconds now) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(policies_, [&](const auto& entry) { return entry.second.expires_at() <= now; });
}

}  // namespace posthouse::mta_sts
