#pragma once
// What the fibers of a Worker share. Private to this module.
//
// Terms.  The *dispatcher* (Worker::run) starts lanes (see schedule.h), looks for what is due, and renews leases.
//
// Invariant.  What the worker holds leases on is in `leases` from the claim until its outcome is written down (see
// ledger.h); the dispatcher renews all of it before a third of the lease has passed.
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/relay/worker/leases.h"
#include "posthouse/relay/worker/ledger.h"
#include "posthouse/relay/worker/schedule.h"
#include "posthouse/relay/worker/worker.h"

namespace posthouse::relay {

class Worker::Core {
 public:
  Core(std::shared_ptr<store::Store> given_store, WorkerOptions given_options, net::Resolver& given_resolver,
       std::function<void(const Event&)> sink, std::function<queue::Moment()> given_clock);

  // The dispatcher.
  void run();
  void wake();
  void reconfigure(WorkerOptions changed);
  void stop() noexcept;
  WorkerStatistics statistics() const;

  // For lanes.
  std::shared_ptr<const WorkerOptions> options() const;
  /// Something becomes due at `moment`.
  void due(queue::Moment moment);
  bool stopping() const noexcept { return stopping_.load(); }
  void tell(Event event);
  /// Tells of a log-in that a next hop refuses, once until logged_in() there: the operator has something to mend.
  void log_in_failed(const NextHop& hop, const std::string& text);
  void logged_in(const NextHop& hop);
  queue::Moment now() const { return clock_(); }
  std::atomic<std::uint64_t> sessions{0};

  const std::shared_ptr<store::Store> store;
  net::Resolver& resolver;
  /// For opportunistic TLS, where any certificate will do (RFC 7435); made once, since making one is dear.
  const net::TlsContext any_certificate = net::TlsContext::client({.verify = false});

 private:
  const std::function<void(const Event&)> on_event_;
  const std::function<queue::Moment()> clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const WorkerOptions> options_;  // guarded by mutex_, as the three below
  WorkerStatistics statistics_;
  std::set<NextHop> log_in_told_;
  queue::Moment next_due_ = queue::Moment::max();
  net::Event turn_;  // something for the dispatcher to do

 public:
  Schedule schedule;
  Leases leases;
  Ledger ledger;

 private:
  void take_up(std::span<const store::Change> changes);
  void start_lanes(net::Scope& lanes);
  void release_old_leases();
  bool time_to_look();
  void due_nothing();
  void look_for_due();
  void bring_back_far_ahead();
  queue::Moment horizon() const;
  void renew_leases();
  net::Deadline next_turn() const;
  void release_handed();
  void end_lanes(net::Scope& lanes, net::Deadline deadline);

  std::atomic<bool> stopping_{false};
  std::atomic<bool> look_{true};
  unsigned next_loop_ = 0;             // of the dispatcher only
  net::TimePoint next_look_{};         // likewise
  net::TimePoint next_far_look_{};     // likewise
  const store::Subscription changes_;  // last: it uses the rest
};

/// Runs one lane until there is nothing to do or the worker stops. Throws nothing.
void run_lane(Worker::Core& core, LaneState& state) noexcept;

}  // namespace posthouse::relay
