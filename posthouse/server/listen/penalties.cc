#include "posthouse/server/listen/penalties.h"

#include <algorithm>

namespace posthouse::server {

void Penalties::set_rules(const PenaltyRules& rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

void Penalties::add(std::string_view origin) {
  const std::lock_guard lock(mutex_);
  const fiber::TimePoint now = fiber::now();
  if (const auto known = places_.find(origin); known != places_.end()) {
    Entry& entry = *known->second;
    entry.faults = std::min(faults_now(entry) + 1, rules_.remembered);
    entry.since = now;
    entries_.splice(entries_.begin(), entries_, known->second);
    return;
  }
  if (entries_.size() >= most_origins) {
    places_.erase(entries_.back().origin);
    entries_.pop_back();
  }
  entries_.push_front({std::string(origin), 1, now});
  places_.emplace(entries_.front().origin, entries_.begin());
}

fiber::Duration Penalties::delay(std::string_view origin) const {
  const std::lock_guard lock(mutex_);
  const unsigned faults = faults_locked(origin);
  if (faults <= rules_.free) {
    return {};
  }
  const unsigned doublings = std::min(faults - rules_.free - 1, 20U);
  return std::min(rules_.most, rules_.first * (1U << doublings));
}

unsigned Penalties::faults(std::string_view origin) const {
  const std::lock_guard lock(mutex_);
  return faults_locked(origin);
}

std::size_t Penalties::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

unsigned Penalties::faults_now(const Entry& entry) const {
  const auto forgotten = (fiber::now() - entry.since) / rules_.forget;
  return forgotten >= entry.faults ? 0 : entry.faults - static_cast<unsigned>(forgotten);
}

unsigned Penalties::faults_locked(std::string_view origin) const {
  const auto known = places_.find(origin);
  return known == places_.end() ? 0 : faults_now(*known->second);
}

}  // namespace posthouse::server
