#include "posthouse/relay/worker/worker.h"

#include <algorithm>
#include <utility>

#include "posthouse/delivery/delivery.h"
#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/net/error.h"
#include "posthouse/queue/schema.h"
#include "posthouse/relay/worker/worker_core.h"

namespace posthouse::relay {

using std::chrono::milliseconds;

namespace {

constexpr auto connecting_patience = std::chrono::milliseconds(250);
constexpr std::size_t max_waiting = 1000;  // each takes some 10 KiB and a descriptor

}  // namespace

const char* to_string(Event::Kind kind) noexcept {
  switch (kind) {
    case Event::Kind::relayed:
      return "relayed";
    case Event::Kind::deferred:
      return "deferred";
    case Event::Kind::failed:
      return "failed";
    case Event::Kind::reported:
      return "reported";
    case Event::Kind::lost:
      return "lost";
    case Event::Kind::reclaimed:
      return "reclaimed";
    case Event::Kind::trouble:
      return "trouble";
  }
  return "?";
}

milliseconds retry_delay(milliseconds initial, milliseconds most, unsigned attempt, double chance) noexcept {
  double delay = static_cast<double>(initial.count());
  for (unsigned i = 1; i < attempt && delay < static_cast<double>(most.count()); ++i) {
    delay *= 2;
  }
  delay = std::min(delay, static_cast<double>(most.count())) * (0.8 + 0.4 * chance);
  return milliseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(delay)));
}

Worker::Core::Core(std::shared_ptr<store::Store> given_store, WorkerOptions given_options,
                   net::Resolver& given_resolver, std::function<void(const Event&)> sink,
                   std::function<queue::Moment()> given_clock)
    : store(std::move(given_store)),
      resolver(given_resolver),
      on_event_(std::move(sink)),
      clock_(given_clock ? std::move(given_clock) : queue::moment_now),
      options_(std::make_shared<const WorkerOptions>(std::move(given_options))),
      changes_(store->listen([this](std::span<const store::Change> changes) { take_up(changes); })) {
  no_lanes_.set();
}

std::shared_ptr<const WorkerOptions> Worker::Core::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

queue::Moment Worker::Core::now() const {
  return clock_();
}

void Worker::Core::tell(Event event) {
  {
    const std::lock_guard lock(mutex_);
    switch (event.kind) {
      case Event::Kind::relayed:
        ++statistics_.relayed;
        break;
      case Event::Kind::deferred:
        ++statistics_.deferred;
        break;
      case Event::Kind::failed:
        ++statistics_.failed;
        break;
      case Event::Kind::lost:
        ++statistics_.lost;
        break;
      case Event::Kind::reclaimed:
        ++statistics_.reclaimed;
        break;
      case Event::Kind::reported:
      case Event::Kind::trouble:
        break;
    }
  }
  if (on_event_) {
    on_event_(event);
  }
}

WorkerStatistics Worker::Core::statistics() const {
  const std::lock_guard lock(mutex_);
  WorkerStatistics copy = statistics_;
  copy.connections = sessions.load();
  return copy;
}

// What lanes say.

std::uint64_t Worker::Core::generation(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  return destinations_[domain].generation;
}

void Worker::Core::claimed(LaneState& lane, const std::string& domain, const std::vector<queue::Claimed>& rows,
                           queue::Moment until, bool more) {
  const std::lock_guard lock(mutex_);
  for (const queue::Claimed& row : rows) {
    lane.leased.push_back(row.id);
  }
  lane.leased_until = until;
  Destination& destination = destinations_[domain];
  destination.backlog =
      more ? std::max<std::size_t>(1, destination.backlog - std::min(destination.backlog, rows.size())) : 0;
  if (more) {
    request_lane(domain, destination);
  }
}

void Worker::Core::settled(LaneState& lane, const std::vector<std::int64_t>& ids) {
  const std::lock_guard lock(mutex_);
  std::erase_if(lane.leased, [&](std::int64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); });
}

void Worker::Core::connecting(LaneState& lane, bool begins) {
  const std::lock_guard lock(mutex_);
  lane.connecting_since = begins ? net::now() : net::TimePoint::max();
}

void Worker::Core::connected(const std::string& domain, bool successfully) {
  if (successfully) {
    ++sessions;
  }
  const std::lock_guard lock(mutex_);
  destinations_[domain].failing = !successfully;
}

void Worker::Core::due(queue::Moment moment) {
  const std::lock_guard lock(mutex_);
  if (moment >= next_due_) {
    return;
  }
  next_due_ = moment;
  turn_.set();
}

bool Worker::Core::wait_for_more(LaneState& lane, const std::string& domain, std::uint64_t generation,
                                 milliseconds linger) {
  std::unique_lock lock(mutex_);
  auto destination = destinations_.find(domain);
  if (destination->second.generation != generation && !stopping_) {
    return true;
  }
  if (linger.count() > 0 && !stopping_ && nobody_waits()) {
    destination->second.idle.push_back(&lane);
    lane.nudge.reset();
    lock.unlock();
    try {
      lane.nudge.wait(linger);
    } catch (const net::Error&) {  // canceled: the lane leaves
      lock.lock();
      take_out(lane, destinations_.find(domain));
      throw;
    }
    lock.lock();
    destination = destinations_.find(domain);
    std::erase(destination->second.idle, &lane);
    if (destination->second.generation != generation && !stopping_) {
      return true;
    }
  }
  take_out(lane, destination);
  return false;
}

void Worker::Core::leave(LaneState& lane, const std::string& domain) noexcept {
  const std::lock_guard lock(mutex_);
  take_out(lane, destinations_.find(domain));
}

/// With mutex_ held.
void Worker::Core::take_out(LaneState& lane, Destinations::iterator destination) noexcept {
  if (lanes_.erase(&lane) == 0) {
    return;
  }
  Destination& d = destination->second;
  std::erase(d.idle, &lane);
  --lane_count_;
  if (--d.lanes == 0 && !d.starting && !d.failing) {
    destinations_.erase(destination);
  }
  if (lane_count_ == 0) {
    no_lanes_.set();
  }
  if (!nobody_waits()) {
    turn_.set();
  }
}

// The dispatcher.

/// With mutex_ held: sees to it that somebody works for `domain`.
void Worker::Core::request_lane(const std::string& domain, Destination& destination) {
  if (!destination.idle.empty()) {
    destination.idle.back()->nudge.set();
    destination.idle.pop_back();
    return;
  }
  const unsigned most = destination.failing ? 1 : options_->connections_per_destination;
  const bool enough = destination.lanes > 0 && destination.backlog < destination.lanes * 4;
  if (destination.starting || destination.lanes >= most || enough) {
    return;
  }
  destination.starting = true;
  (destination.failing ? starting_again_ : starting_fresh_).push_back(domain);
  turn_.set();
}

/// On the store's writing thread: mail that has just been queued durably.
void Worker::Core::take_up(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    const auto* due = std::get_if<store::WorkDue>(&change);
    if (due == nullptr || due->module != queue::module_name) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    Destination& destination = destinations_[due->subject];
    ++destination.generation;
    destination.backlog += due->items;
    request_lane(due->subject, destination);
  }
}

void Worker::Core::wake() {
  look_ = true;
  turn_.set();
}

void Worker::Core::reconfigure(WorkerOptions changed) {
  const std::lock_guard lock(mutex_);
  changed.hostname = options_->hostname;
  changed.owner = options_->owner;
  options_ = std::make_shared<const WorkerOptions>(std::move(changed));
}

void Worker::Core::stop() noexcept {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    for (LaneState* lane : lanes_) {
      lane->nudge.set();
    }
  }
  turn_.set();
}

/// With mutex_ held: another lane may run.
bool Worker::Core::has_place() const {
  if (lane_count_ < options_->connections) {
    return true;
  }
  const net::TimePoint late = net::now() - connecting_patience;
  const auto waiting = std::count_if(lanes_.begin(), lanes_.end(),
                                     [&](const LaneState* lane) { return lane->connecting_since <= late; });
  return lane_count_ - std::min<std::size_t>(static_cast<std::size_t>(waiting), max_waiting) < options_->connections;
}

void Worker::Core::start_lanes(net::Scope& lanes) {
  std::unique_lock lock(mutex_);
  while (!nobody_waits() && has_place()) {
    auto& starting = starting_fresh_.empty() ? starting_again_ : starting_fresh_;
    const std::string domain = std::move(starting.front());
    starting.pop_front();
    Destination& destination = destinations_[domain];
    destination.starting = false;
    auto state = std::make_shared<LaneState>();
    ++destination.lanes;
    ++lane_count_;
    lanes_.insert(state.get());
    no_lanes_.reset();
    const unsigned loop = next_loop_++;
    lock.unlock();
    try {
      lanes.spawn_on(loop, [this, domain, state] { run_lane(*this, domain, *state); }, "queue lane");
    } catch (const std::exception& error) {
      leave(*state, domain);
      tell({.kind = Event::Kind::trouble, .text = error.what()});
    }
    lock.lock();
  }
  // Others wait for a place: a lane that only keeps a connection open gives up its own.
  if (nobody_waits()) {
    return;
  }
  for (auto& [domain, destination] : destinations_) {
    for (LaneState* lane : destination.idle) {
      lane->nudge.set();
    }
  }
}

void Worker::Core::release_old_leases() {
  const std::size_t released = store->write(
      [&](store::Write& write) { return queue::release_leases(store::own_tables(write), options()->owner, now()); });
  if (released != 0) {
    tell({.kind = Event::Kind::trouble,
          .text = "the last run left " + std::to_string(released) + " deliveries undecided; they are tried again"});
  }
}

void Worker::Core::look_for_due() {
  constexpr std::size_t page = 1000;
  std::string after;
  due_nothing();
  for (;;) {
    const auto due =
        store->read([&](store::Read& read) { return queue::due_domains(store::own_tables(read), after, page); });
    const std::lock_guard lock(mutex_);
    const queue::Moment at = now();
    for (const queue::DueDomain& domain : due) {
      if (domain.due_at > at) {
        next_due_ = std::min(next_due_, domain.due_at);
        continue;
      }
      Destination& destination = destinations_[domain.domain];
      ++destination.generation;
      if (destination.lanes == 0 || !destination.idle.empty()) {
        request_lane(domain.domain, destination);
      }
    }
    if (due.size() < page) {
      return;
    }
    after = due.back().domain;
  }
}

void Worker::Core::renew_leases() {
  const auto rules = options();
  const queue::Moment at = now();
  std::vector<std::int64_t> ids;
  std::vector<LaneState*> holders;
  {
    const std::lock_guard lock(mutex_);
    for (LaneState* lane : lanes_) {
      if (lane->leased.empty() || lane->leased_until - at > rules->lease * 2 / 3) {
        continue;
      }
      ids.insert(ids.end(), lane->leased.begin(), lane->leased.end());
      holders.push_back(lane);
    }
  }
  if (ids.empty()) {
    return;
  }
  const queue::Moment until = at + rules->lease;
  store->write([&](store::Write& write) { return queue::renew(store::own_tables(write), rules->owner, ids, until); });
  const std::lock_guard lock(mutex_);
  for (LaneState* lane : holders) {
    if (lanes_.contains(lane)) {
      lane->leased_until = until;
    }
  }
}

net::Deadline Worker::Core::next_turn() const {
  using net::Deadline;
  Deadline turn = Deadline::earlier(Deadline::at(next_look_), Deadline::after(options()->lease / 4));
  const std::lock_guard lock(mutex_);
  if (!nobody_waits()) {
    turn = Deadline::earlier(turn, Deadline::after(connecting_patience));
  }
  if (next_due_ != queue::Moment::max()) {
    turn = Deadline::earlier(turn, Deadline::after(std::max(next_due_ - now(), queue::Moment::duration(0))));
  }
  return turn;
}

bool Worker::Core::time_to_look() {
  if (look_.exchange(false) || net::now() >= next_look_) {
    return true;
  }
  const queue::Moment at = now();
  const std::lock_guard lock(mutex_);
  return at >= next_due_;
}

/// Until the next look: what is due would only fail again at once.
void Worker::Core::due_nothing() {
  const std::lock_guard lock(mutex_);
  next_due_ = queue::Moment::max();
}

void Worker::Core::run() {
  net::Scope lanes;
  bool released = false;
  while (!stopping_) {
    turn_.reset();
    try {
      if (!released) {
        release_old_leases();
      }
      released = true;
      if (time_to_look()) {
        look_for_due();
        next_look_ = net::now() + options()->poll;
      }
      renew_leases();
      start_lanes(lanes);
    } catch (const posthouse::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      next_look_ = net::now() + options()->poll;
      due_nothing();
      tell({.kind = Event::Kind::trouble, .text = error.what()});
    }
    turn_.wait(next_turn());
  }
  end_lanes(lanes);
}

void Worker::Core::end_lanes(net::Scope& lanes) {
  const net::Deadline deadline(options()->stop);
  while (!no_lanes_.wait(std::min<net::Duration>(deadline.remaining(), options()->lease / 4)) && !deadline.expired()) {
    renew_leases();
  }
  lanes.cancel();
  try {
    lanes.join();
  } catch (const posthouse::Error& error) {
    if (!net::is_canceled(error)) {
      throw;
    }
  }
}

// The public face.

Worker::Worker(std::shared_ptr<store::Store> store, WorkerOptions options, net::Resolver& resolver,
               std::function<void(const Event&)> on_event, std::function<queue::Moment()> clock)
    : core_(std::make_unique<Core>(std::move(store), std::move(options), resolver, std::move(on_event),
                                   std::move(clock))) {}
Worker::~Worker() = default;
void Worker::run() {
  core_->run();
}
void Worker::wake() {
  core_->wake();
}
void Worker::reconfigure(WorkerOptions options) {
  core_->reconfigure(std::move(options));
}
void Worker::stop() noexcept {
  core_->stop();
}
WorkerStatistics Worker::statistics() const {
  return core_->statistics();
}

}  // namespace posthouse::relay
