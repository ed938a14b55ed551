#pragma once
// What the fibers of a Worker share: who works on what, and who is told when. Private to this module.
//
// Terms.  A *lane* is a fiber that sends mail for one destination domain over one connection at a time. The
// *dispatcher* (Worker::run) starts lanes, looks for what is due, and renews the leases of the lanes.
//
// Invariants.
//  1. A lane claims until it finds nothing, and leaves only when nothing was announced since it looked: the generation
//     of its destination is compared under the mutex. So no wake-up is lost.
//  2. At most options.connections lanes run, and options.connections_per_destination for one destination; for one whose
//     last connection failed, one. A lane that has been connecting for `connecting_patience` does not count, up to
//     `max_waiting` of them: hosts that keep silent hold up nobody but themselves.
//  3. What a lane holds leases on is in its LaneState until its outcome is written down; the dispatcher renews all of
//     it before a third of the lease has passed.
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/relay/worker/worker.h"

namespace posthouse::relay {

/// A lane as the dispatcher sees it.
struct LaneState {
  net::Event nudge{};                                       ///< Set when an idle lane should look again or leave.
  std::vector<std::int64_t> leased{};                       ///< Recipient rows; guarded by Core::mutex.
  queue::Moment leased_until{};                             ///< Likewise.
  net::TimePoint connecting_since = net::TimePoint::max();  ///< Likewise; max() while it is not connecting.
};

class Worker::Core {
 public:
  Core(std::shared_ptr<store::Store> given_store, WorkerOptions given_options, net::Resolver& given_resolver,
       std::function<void(const Event&)> sink, std::function<queue::Moment()> given_clock);

  // The dispatcher (worker.cc).
  void run();
  void wake();
  void reconfigure(WorkerOptions changed);
  void stop() noexcept;

  // For lanes (lane.cc).
  std::shared_ptr<const WorkerOptions> options() const;
  std::uint64_t generation(const std::string& domain);
  /// Notes that `claimed` recipients have been taken; `more` when there may be others.
  void claimed(LaneState& lane, const std::string& domain, const std::vector<queue::Claimed>& rows, queue::Moment until,
               bool more);
  /// The outcomes of these rows are written down.
  void settled(LaneState& lane, const std::vector<std::int64_t>& ids);
  /// The lane begins to connect, or has ended to.
  void connecting(LaneState& lane, bool begins);
  void connected(const std::string& domain, bool successfully);
  /// Something becomes due at `moment`.
  void due(queue::Moment moment);
  /// After nothing was found at `generation`: true when there is more to do, at once or within `linger`; false when the
  /// lane has been taken out of the books and must end.
  bool wait_for_more(LaneState& lane, const std::string& domain, std::uint64_t generation,
                     std::chrono::milliseconds linger);
  /// Takes a lane that ends for another reason out of the books.
  void leave(LaneState& lane, const std::string& domain) noexcept;
  bool stopping() const noexcept { return stopping_.load(); }
  void tell(Event event);
  queue::Moment now() const;

  WorkerStatistics statistics() const;
  std::atomic<std::uint64_t> sessions{0};

  const std::shared_ptr<store::Store> store;
  net::Resolver& resolver;
  /// For opportunistic TLS, where any certificate will do (RFC 7435); made once, since making one is dear.
  const net::TlsContext any_certificate = net::TlsContext::client({.verify = false});

 private:
  struct Destination {
    std::uint64_t generation = 0;
    std::size_t backlog = 0;  // announced and not claimed yet; an estimate
    unsigned lanes = 0;
    bool failing = false;
    bool starting = false;  // in starting_fresh_ or starting_again_
    std::vector<LaneState*> idle{};
  };
  using Destinations = std::map<std::string, Destination>;

  void take_up(std::span<const store::Change> changes);
  void request_lane(const std::string& domain, Destination& destination);
  void start_lanes(net::Scope& lanes);
  bool has_place() const;
  bool nobody_waits() const { return starting_fresh_.empty() && starting_again_.empty(); }
  void take_out(LaneState& lane, Destinations::iterator destination) noexcept;
  void release_old_leases();
  bool time_to_look();
  void due_nothing();
  void look_for_due();
  void renew_leases();
  net::Deadline next_turn() const;
  void end_lanes(net::Scope& lanes);

  const std::function<void(const Event&)> on_event_;
  const std::function<queue::Moment()> clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const WorkerOptions> options_;  // guarded by mutex_, as all below
  Destinations destinations_;
  std::deque<std::string> starting_fresh_;  // destinations that a lane is to be started for
  std::deque<std::string> starting_again_;  // likewise, whose last connection failed: after the others
  std::set<LaneState*> lanes_;
  unsigned lane_count_ = 0;
  unsigned next_loop_ = 0;
  WorkerStatistics statistics_;
  queue::Moment next_due_ = queue::Moment::max();

  std::atomic<bool> stopping_{false};
  std::atomic<bool> look_{true};
  net::Event turn_;                    // something for the dispatcher to do
  net::Event no_lanes_;                // set while there are none
  net::TimePoint next_look_{};         // of the dispatcher only
  const store::Subscription changes_;  // last: it uses the rest
};

/// Runs one lane for `domain` until there is nothing to do or the worker stops. Throws nothing.
void run_lane(Worker::Core& core, const std::string& domain, LaneState& state) noexcept;

}  // namespace posthouse::relay
