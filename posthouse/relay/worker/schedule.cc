#include "posthouse/relay/worker/schedule.h"

#include <algorithm>
#include <utility>

#include "posthouse/net/error.h"

namespace posthouse::relay {
namespace {

constexpr std::size_t max_waiting = 1000;  // each takes some 10 KiB and a descriptor
constexpr std::size_t items_per_lane = 4;  // that are due before another lane is worth its connection

}  // namespace

Schedule::Schedule(std::shared_ptr<const WorkerOptions> rules, std::function<void()> on_work)
    : on_work_(std::move(on_work)), rules_(std::move(rules)) {
  no_lanes_.set();
}

void Schedule::reconfigure(std::shared_ptr<const WorkerOptions> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  std::map<std::string, std::size_t> all;
  for (auto& [hop, destination] : destinations_) {
    all.merge(destination.due);
    destination.due.clear();
    destination.backlog = 0;
  }
  for (const auto& [domain, items] : all) {
    add_with_lock({domain, items});
  }
}

void Schedule::add(const DueMail& due) {
  const std::lock_guard lock(mutex_);
  add_with_lock(due);
}

void Schedule::add_with_lock(const DueMail& due) {
  const NextHop hop = next_hop_of(due.domain, rules_->routes);
  Destination& destination = destinations_[hop];
  destination.due[due.domain] += due.items;
  destination.backlog += due.items;
  request_lane(hop, destination);
}

void Schedule::look_begins() {
  const std::lock_guard lock(mutex_);
  ++look_;
}

void Schedule::look_finds(const std::string& domain, bool due) {
  const std::lock_guard lock(mutex_);
  const NextHop hop = next_hop_of(domain, rules_->routes);
  const auto found = destinations_.find(hop);
  if (found != destinations_.end()) {
    found->second.seen = look_;
  }
  if (!due) {
    return;
  }
  if (found == destinations_.end() || !found->second.due.contains(domain)) {
    add_with_lock({domain});
  } else {
    request_lane(hop, found->second);
  }
}

void Schedule::look_ends() {
  const std::lock_guard lock(mutex_);
  std::erase_if(destinations_, [&](const auto& entry) {
    const Destination& destination = entry.second;
    return destination.seen != look_ && destination.lanes == 0 && !destination.starting && destination.due.empty();
  });
}

/// Sees to it that somebody works for `hop`.
void Schedule::request_lane(const NextHop& hop, Destination& destination) {
  if (!destination.idle.empty()) {
    destination.idle.back()->nudge.set();
    destination.idle.pop_back();
    return;
  }
  const unsigned most = destination.failing ? 1 : rules_->connections_per_destination;
  const bool enough = destination.lanes > 0 && destination.backlog < destination.lanes * items_per_lane;
  if (destination.starting || destination.lanes >= most || enough) {
    return;
  }
  destination.starting = true;
  (destination.failing ? starting_again_ : starting_fresh_).push_back(hop);
  on_work_();
}

std::vector<DueMail> Schedule::take(LaneState& lane, std::size_t most) {
  const std::lock_guard lock(mutex_);
  Destination& destination = destinations_[lane.next_hop];
  std::vector<DueMail> taken;
  auto next = destination.due.upper_bound(destination.last);
  while (taken.size() < most && !destination.due.empty()) {
    if (next == destination.due.end()) {
      next = destination.due.begin();
    }
    destination.backlog -= next->second;
    taken.push_back({next->first, next->second});
    next = destination.due.erase(next);
  }
  if (!taken.empty()) {
    destination.last = taken.back().domain;
  }
  return taken;
}

void Schedule::put_back(const std::vector<DueMail>& due) {
  const std::lock_guard lock(mutex_);
  for (const DueMail& mail : due) {
    add_with_lock(mail);
  }
}

void Schedule::connecting(LaneState& lane, bool begins) {
  const std::lock_guard lock(mutex_);
  lane.connecting_since = begins ? net::now() : net::TimePoint::max();
}

void Schedule::connected(LaneState& lane, bool successfully) {
  const std::lock_guard lock(mutex_);
  destinations_[lane.next_hop].failing = !successfully;
}

bool Schedule::wait_for_more(LaneState& lane, std::chrono::milliseconds linger) {
  const net::Deadline until(linger);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Destination& destination = destinations_[lane.next_hop];
    if (!destination.due.empty()) {
      return true;
    }
    if (linger.count() == 0 || until.expired() || !nobody_waits()) {
      break;
    }
    destination.idle.push_back(&lane);
    lane.nudge.reset();
    lock.unlock();
    try {
      lane.nudge.wait(until);
    } catch (const net::Error&) {  // canceled: the lane leaves
      leave(lane);
      throw;
    }
    lock.lock();
    std::erase(destinations_[lane.next_hop].idle, &lane);
  }
  take_out(lane);
  return false;
}

void Schedule::leave(LaneState& lane) noexcept {
  const std::lock_guard lock(mutex_);
  take_out(lane);
}

void Schedule::take_out(LaneState& lane) noexcept {
  if (lanes_.erase(&lane) == 0) {
    return;
  }
  const auto found = destinations_.find(lane.next_hop);
  Destination& destination = found->second;
  std::erase(destination.idle, &lane);
  if (--destination.lanes == 0 && !destination.starting && !destination.failing && destination.due.empty()) {
    destinations_.erase(found);
  }
  if (lanes_.empty()) {
    no_lanes_.set();
  }
  if (!nobody_waits()) {
    on_work_();
  }
}

bool Schedule::has_place() const {
  if (lanes_.size() < rules_->connections) {
    return true;
  }
  const net::TimePoint late = net::now() - connecting_patience;
  const auto waiting = static_cast<std::size_t>(std::count_if(
      lanes_.begin(), lanes_.end(), [&](const LaneState* lane) { return lane->connecting_since <= late; }));
  return lanes_.size() - std::min(waiting, max_waiting) < rules_->connections;
}

std::shared_ptr<LaneState> Schedule::start() {
  const std::lock_guard lock(mutex_);
  if (nobody_waits()) {
    return nullptr;
  }
  if (!has_place()) {
    make_room();
    return nullptr;
  }
  auto& starting = starting_fresh_.empty() ? starting_again_ : starting_fresh_;
  const auto lane = std::make_shared<LaneState>(std::move(starting.front()));
  starting.pop_front();
  Destination& destination = destinations_[lane->next_hop];
  destination.starting = false;
  ++destination.lanes;
  lanes_.insert(lane.get());
  no_lanes_.reset();
  return lane;
}

/// A lane that only keeps a connection open gives up its place.
void Schedule::make_room() {
  for (auto& [hop, destination] : destinations_) {
    for (LaneState* lane : destination.idle) {
      lane->nudge.set();
    }
  }
}

bool Schedule::crowded() const {
  const std::lock_guard lock(mutex_);
  return !nobody_waits();
}

void Schedule::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (LaneState* lane : lanes_) {
    lane->nudge.set();
  }
}

}  // namespace posthouse::relay
