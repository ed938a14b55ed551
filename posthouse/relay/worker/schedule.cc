#include "posthouse/relay/worker/schedule.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "posthouse/net/error.h"

namespace posthouse::relay {
namespace {

constexpr std::size_t max_waiting = 1000;  // each takes some 10 KiB and a descriptor
constexpr std::size_t items_per_lane = 4;  // that are due before another lane is worth its connection
constexpr std::size_t max_handed = 500;    // rows, for each next hop
constexpr auto longest_pause = std::chrono::milliseconds(std::chrono::minutes(1));

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
    destination.by_sender = false;
  }
  for (const auto& [domain, items] : all) {
    add_with_lock({domain, items}, false);
  }
}

void Schedule::add(const DueMail& due) {
  const std::lock_guard lock(mutex_);
  add_with_lock(due, true);
}

void Schedule::add_with_lock(const DueMail& due, bool announced) {
  const NextHop hop = next_hop_of(due.domain, rules_->routes);
  Destination& destination = destinations_[hop];
  destination.due[due.domain] += due.items;
  destination.backlog += due.items;
  request_lane(hop, destination, announced);
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
    add_with_lock({domain}, false);
  } else {
    request_lane(hop, found->second, false);
  }
}

void Schedule::look_ends() {
  const std::lock_guard lock(mutex_);
  std::erase_if(destinations_, [&](const auto& entry) {
    const Destination& destination = entry.second;
    return destination.seen != look_ && !destination.by_sender && destination.lanes == 0 && !destination.starting &&
           !destination.has_work();
  });
}

unsigned Schedule::most_lanes(const NextHop& hop, const Destination& destination) const {
  if (destination.failing) {
    return 1;
  }
  const auto rules = hop.domain.empty() ? rules_->domains.end() : rules_->domains.find(hop.domain);
  const unsigned limit = rules != rules_->domains.end() && rules->second.connections
                             ? *rules->second.connections
                             : rules_->connections_per_destination;
  return std::min(limit, static_cast<unsigned>(destination.window));
}

/// Sees to it that somebody works for `hop`.
void Schedule::request_lane(const NextHop& hop, Destination& destination, bool announced) {
  if (!destination.idle.empty()) {
    destination.idle.back()->nudge.set();
    destination.idle.pop_back();
    return;
  }
  const std::size_t work = destination.backlog + destination.handed.size();
  const bool enough = destination.lanes > 0 && work < destination.lanes * items_per_lane;
  if (destination.starting || destination.lanes >= most_lanes(hop, destination) || enough) {
    return;
  }
  destination.starting = true;
  (destination.failing ? starting_again_ : announced ? starting_new_ : starting_fresh_).push_back(hop);
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
    add_with_lock(mail, false);
  }
}

void Schedule::connecting(LaneState& lane, bool begins) {
  const std::lock_guard lock(mutex_);
  lane.connecting_since = begins ? net::now() : net::TimePoint::max();
}

void Schedule::connected(LaneState& lane) {
  const std::lock_guard lock(mutex_);
  lane.open = true;
  Destination& destination = destinations_[lane.next_hop];
  destination.failing = false;
  destination.failures = 0;
}

bool Schedule::others_there(const LaneState& lane) const {
  return std::any_of(lanes_.begin(), lanes_.end(), [&](const LaneState* other) {
    return other != &lane && (other->open || other->connecting_since != net::TimePoint::max()) &&
           other->next_hop == lane.next_hop;
  });
}

bool Schedule::shut(LaneState& lane, const Verdict& verdict, queue::Moment now, std::chrono::milliseconds pause) {
  const std::lock_guard lock(mutex_);
  lane.open = false;
  Destination& destination = destinations_[lane.next_hop];
  if (others_there(lane)) {
    destination.window = std::max(1.0, destination.window / 2);
    return false;
  }
  destination.failing = true;
  destination.window = 1;
  destination.why = verdict;
  destination.shut_since = now;
  destination.shut_until = now + retry_delay(pause, longest_pause, ++destination.failures, 0.5);
  return true;
}

std::optional<Verdict> Schedule::shut_at(LaneState& lane, queue::Moment now) {
  const std::lock_guard lock(mutex_);
  const Destination& destination = destinations_[lane.next_hop];
  // Before shut_since: the clock was set back.
  if (!destination.failing || now >= destination.shut_until || now < destination.shut_since) {
    return std::nullopt;
  }
  return destination.why;
}

void Schedule::closed(LaneState& lane) {
  const std::lock_guard lock(mutex_);
  lane.open = false;
}

void Schedule::went_well(LaneState& lane) {
  const std::lock_guard lock(mutex_);
  Destination& destination = destinations_[lane.next_hop];
  destination.window = std::min<double>(destination.window + 1 / destination.window, 1000);
  if (destination.has_work()) {
    request_lane(lane.next_hop, destination, false);
  }
}

void Schedule::pushed_back(LaneState& lane) {
  const std::lock_guard lock(mutex_);
  Destination& destination = destinations_[lane.next_hop];
  destination.window = std::max(1.0, destination.window / 2);
}

bool Schedule::hand_over(const NextHop& hop, std::vector<queue::Claimed>& rows) {
  const std::lock_guard lock(mutex_);
  Destination& destination = destinations_[hop];
  destination.by_sender = true;
  if (stopping_ || destination.handed.size() + rows.size() > max_handed) {
    return false;
  }
  std::move(rows.begin(), rows.end(), std::back_inserter(destination.handed));
  request_lane(hop, destination, true);
  return true;
}

std::vector<queue::Claimed> Schedule::take_handed(LaneState& lane, std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::deque<queue::Claimed>& handed = destinations_[lane.next_hop].handed;
  const auto end = handed.begin() + static_cast<std::ptrdiff_t>(std::min(most, handed.size()));
  std::vector<queue::Claimed> taken(std::make_move_iterator(handed.begin()), std::make_move_iterator(end));
  handed.erase(handed.begin(), end);
  return taken;
}

std::vector<queue::Claimed> Schedule::take_all_handed() {
  const std::lock_guard lock(mutex_);
  std::vector<queue::Claimed> taken;
  for (auto& [hop, destination] : destinations_) {
    std::move(destination.handed.begin(), destination.handed.end(), std::back_inserter(taken));
    destination.handed.clear();
  }
  return taken;
}

bool Schedule::wait_for_more(LaneState& lane, std::chrono::milliseconds linger) {
  const net::Deadline until(linger);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Destination& destination = destinations_[lane.next_hop];
    if (destination.has_work()) {
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
  if (--destination.lanes == 0 && !destination.starting && !destination.failing && !destination.has_work()) {
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
  std::deque<NextHop>& starting = next_to_start();
  const auto lane = std::make_shared<LaneState>(std::move(starting.front()));
  starting.pop_front();
  Destination& destination = destinations_[lane->next_hop];
  destination.starting = false;
  ++destination.lanes;
  lanes_.insert(lane.get());
  no_lanes_.reset();
  return lane;
}

/// Invariant 3.
std::deque<NextHop>& Schedule::next_to_start() {
  if (starting_new_.empty() && starting_fresh_.empty()) {
    return starting_again_;
  }
  turn_of_new_ = starting_fresh_.empty() || (!starting_new_.empty() && !turn_of_new_);
  return turn_of_new_ ? starting_new_ : starting_fresh_;
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
