#include "posthouse/relay/worker/worker.h"

#include <algorithm>
#include <utility>

#include "posthouse/delivery/delivery.h"
#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/net/error.h"
#include "posthouse/queue/clock.h"
#include "posthouse/queue/schema.h"
#include "posthouse/relay/worker/worker_core.h"

namespace posthouse::relay {

using std::chrono::milliseconds;

namespace {

constexpr auto far_look_interval = std::chrono::hours(1);  // one that reads the index of all that waits

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
    case Event::Kind::silent:
      return "not reported";
    case Event::Kind::unwritten:
      return "unwritten";
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
      schedule(options_, [this] { turn_.set(); }),
      ledger(*this),
      changes_(store->listen([this](std::span<const store::Change> changes) { take_up(changes); })) {}

std::shared_ptr<const WorkerOptions> Worker::Core::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
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
      case Event::Kind::silent:
      case Event::Kind::unwritten:
      case Event::Kind::trouble:
        break;
    }
  }
  if (on_event_) {
    on_event_(event);
  }
}

void Worker::Core::log_in_failed(const NextHop& hop, const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    if (!log_in_told_.insert(hop).second) {
      return;
    }
  }
  tell({.kind = Event::Kind::trouble,
        .text = "mail by way of " + (hop.route ? hop.route->host : hop.domain) + " waits: " + text});
}

void Worker::Core::logged_in(const NextHop& hop) {
  const std::lock_guard lock(mutex_);
  log_in_told_.erase(hop);
}

WorkerStatistics Worker::Core::statistics() const {
  const std::lock_guard lock(mutex_);
  WorkerStatistics copy = statistics_;
  copy.connections = sessions.load();
  return copy;
}

void Worker::Core::due(queue::Moment moment) {
  const std::lock_guard lock(mutex_);
  if (moment >= next_due_) {
    return;
  }
  next_due_ = moment;
  turn_.set();
}

// The dispatcher.

/// On the store's writing thread: mail that has just been queued durably.
void Worker::Core::take_up(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    const auto* due = std::get_if<store::WorkDue>(&change);
    if (due != nullptr && due->module == queue::module_name) {
      schedule.add({due->subject, due->items});
    }
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
  schedule.reconfigure(options_);
}

void Worker::Core::stop() noexcept {
  stopping_ = true;
  schedule.stop();
  turn_.set();
}

void Worker::Core::start_lanes(net::Scope& lanes) {
  while (const std::shared_ptr<LaneState> lane = schedule.start()) {
    try {
      lanes.spawn_on(next_loop_++, [this, lane] { run_lane(*this, *lane); }, "queue lane");
    } catch (const std::exception& error) {
      schedule.leave(*lane);
      tell({.kind = Event::Kind::trouble, .text = error.what()});
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

/// Mail that was queued or put off before the clock was set back would wait until that time comes again.
void Worker::Core::bring_back_far_ahead() {
  constexpr std::size_t page = 500;
  if (net::now() < next_far_look_) {
    return;
  }
  const auto rules = options();
  const queue::Moment limit = horizon();
  std::size_t found = page;
  while (found == page) {
    const auto ids =
        store->read([&](store::Read& read) { return queue::beyond(store::own_tables(read), limit, page); });
    found = ids.size();
    if (ids.empty()) {
      break;
    }
    store->write([&](store::Write& write) {
      queue::bring_back(store::own_tables(write), ids, limit, now(), now() + rules->lease);
    });
  }
  next_far_look_ = net::now() + far_look_interval;
}

/// No row is put off or leased for longer.
queue::Moment Worker::Core::horizon() const {
  const auto rules = options();
  milliseconds longest = rules->retry_max;
  for (const auto& [domain, own] : rules->domains) {
    longest = std::max(longest, own.retry_max.value_or(longest));
  }
  return now() + longest * 6 / 5 + rules->lease;
}

void Worker::Core::look_for_due() {
  constexpr std::size_t page = 1000;
  bring_back_far_ahead();
  const queue::Moment limit = horizon();
  std::string after;
  due_nothing();
  schedule.look_begins();
  for (;;) {
    const auto waiting =
        store->read([&](store::Read& read) { return queue::due_domains(store::own_tables(read), after, page); });
    const queue::Moment at = now();
    for (const queue::DueDomain& domain : waiting) {
      schedule.look_finds(domain.domain, domain.due_at <= at);
      if (domain.due_at > limit) {
        next_far_look_ = {};
        wake();
      } else if (domain.due_at > at) {
        due(domain.due_at);
      }
    }
    if (waiting.size() < page) {
      break;
    }
    after = waiting.back().domain;
  }
  schedule.look_ends();
}

void Worker::Core::renew_leases() {
  const auto rules = options();
  const std::vector<queue::Lease> old = leases.to_renew(now(), rules->lease);
  if (old.empty()) {
    return;
  }
  const queue::Moment until = now() + rules->lease;
  store->write([&](store::Write& write) { return queue::renew(store::own_tables(write), rules->owner, old, until); });
  std::vector<std::int64_t> asked;  // with those that are lost, which need no asking again so soon
  for (const queue::Lease& lease : old) {
    asked.push_back(lease.id);
  }
  leases.renewed(asked, until);
}

net::Deadline Worker::Core::next_turn() const {
  using net::Deadline;
  Deadline turn = Deadline::earlier(Deadline::at(next_look_), Deadline::after(options()->lease / 4));
  if (schedule.crowded()) {
    turn = Deadline::earlier(turn, Deadline::after(connecting_patience));
  }
  const std::lock_guard lock(mutex_);
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
  net::Scope writing;
  writing.spawn([this] { ledger.run(); }, "queue ledger");
  net::Scope lanes;
  bool released = false;
  while (!stopping_) {
    turn_.reset();
    try {
      if (!released) {
        release_old_leases();
      }
      released = true;
      renew_leases();
      if (time_to_look()) {
        look_for_due();
        next_look_ = net::now() + options()->poll;
      }
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
  const net::Deadline deadline(options()->stop);
  end_lanes(lanes, deadline);
  release_handed();
  ledger.close(deadline);
  writing.join();
}

/// Gives back what no lane has come to.
void Worker::Core::release_handed() {
  std::vector<Settlement> rows;
  for (queue::Claimed& row : schedule.take_all_handed()) {
    queue::Outcome outcome{row.id, row.entry_id, queue::Result::released, now(), {}};
    rows.push_back({.recipient = std::move(row), .outcome = std::move(outcome)});
  }
  if (!rows.empty()) {
    ledger.add(std::move(rows));
  }
}

void Worker::Core::end_lanes(net::Scope& lanes, net::Deadline deadline) {
  while (!schedule.wait_for_no_lanes(std::min<net::Duration>(deadline.remaining(), options()->lease / 4)) &&
         !deadline.expired()) {
    try {
      renew_leases();
    } catch (const posthouse::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      tell({.kind = Event::Kind::trouble, .text = error.what()});
    }
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
