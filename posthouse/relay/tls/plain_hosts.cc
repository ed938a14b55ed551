#include "posthouse/relay/tls/plain_hosts.h"

#include <algorithm>

namespace posthouse::relay {

void PlainHosts::add(const std::string& host) {
  const std::lock_guard lock(mutex_);
  until_[host] = net::now() + memory;
  if (until_.size() > most) {
    until_.erase(std::min_element(until_.begin(), until_.end(),
                                  [](const auto& one, const auto& other) { return one.second < other.second; }));
  }
}

void PlainHosts::remove(const std::string& host) {
  const std::lock_guard lock(mutex_);
  until_.erase(host);
}

bool PlainHosts::contains(const std::string& host) {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(host);
  if (found == until_.end()) {
    return false;
  }
  if (found->second > net::now()) {
    return true;
  }
  until_.erase(found);
  return false;
}

std::size_t PlainHosts::size() const {
  const std::lock_guard lock(mutex_);
  return until_.size();
}

}  // namespace posthouse::relay
