#pragma once
// Which next hops have mail that is due, and which lanes work for them. Private to this module.
//
// Terms.  A *lane* is a fiber that sends mail to one next hop over one connection at a time. A domain is *due* from when
// mail for it is announced until a lane takes the domain to claim what there is; what the lane leaves it puts back.
//
// Invariants.
//  1. A lane leaves only when nothing is due at its next hop, which is looked at under the mutex that announcements take:
//     no wake-up is lost.
//  2. At most options.connections lanes run, and for one next hop as many as its *window*: it grows with each letter that
//     is taken, up to options.connections_per_destination, and is halved when the host pushes back. For a next hop whose
//     last connection failed one lane runs; until the moment it is *shut* for has passed, that lane dials nobody. A lane that has been connecting for `connecting_patience` does not count, up to
//     `max_waiting` of them: hosts that keep silent hold up nobody but themselves.
//  3. Next hops whose last connection failed wait until all others have a lane. Of the others, those that have just got
//     mail and those that were found waiting get a lane by turns.
//  4. Rows that one lane has claimed for another next hop (by their sender) are *handed over*: at most `max_handed` wait
//     for a next hop. They stay in the worker's leases.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "posthouse/fiber/sync.h"
#include "posthouse/fiber/time.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/next_hop.h"
#include "posthouse/relay/verdict.h"
#include "posthouse/relay/worker/worker.h"

namespace posthouse::relay {

/// A lane as the schedule sees it.
struct LaneState {
  explicit LaneState(NextHop hop) : next_hop(std::move(hop)) {}
  const NextHop next_hop;
  net::Event nudge{};                                       ///< Set when an idle lane should look again or leave.
  net::TimePoint connecting_since = net::TimePoint::max();  ///< max() while it is not connecting; of the Schedule.
  bool open = false;                                        ///< It has a session; of the Schedule.
};

/// A domain with mail that is due.
struct DueMail {
  std::string domain{};
  std::size_t items = 1;  ///< How much, an estimate.
};

class Schedule {
  static constexpr double initial_window = 2;

 public:
  /// `on_work` is called, from any thread, when start() may have something to do. It must not call back.
  Schedule(std::shared_ptr<const WorkerOptions> rules, std::function<void()> on_work);

  /// From now on by these rules; what is due goes by its routes.
  void reconfigure(std::shared_ptr<const WorkerOptions> rules);

  /// Mail for a domain has become due.
  void add(const DueMail& due);
  /// A look at everything that waits begins, finds a domain with mail that waits or is due, has ended: next hops that no
  /// mail waits for are forgotten then, with what is known of their last connection.
  void look_begins();
  void look_finds(const std::string& domain, bool due);
  void look_ends();

  // For lanes.

  /// Takes up to `most` domains that are due at the lane's next hop; the others' turn is next time.
  std::vector<DueMail> take(LaneState& lane, std::size_t most);
  /// Gives back what a lane has taken and not looked at, or not to its end.
  void put_back(const std::vector<DueMail>& due);
  /// The lane begins to connect, or has ended to.
  void connecting(LaneState& lane, bool begins);
  void connected(LaneState& lane);
  /// Nobody lets the lane in, for this reason. Where other lanes have sessions there, that is a limit of the host,
  /// and where some are connecting, theirs is the word: the window is halved, and the answer false. Else the next hop is shut from `now` for a time that grows from `pause`.
  bool shut(LaneState& lane, const Verdict& verdict, queue::Moment now, std::chrono::milliseconds pause);
  /// Why nobody need dial the lane's next hop at `now`.
  std::optional<Verdict> shut_at(LaneState& lane, queue::Moment now);
  /// The lane's session has ended.
  void closed(LaneState& lane);
  /// The host has taken a letter, or has broken off.
  void went_well(LaneState& lane);
  void pushed_back(LaneState& lane);
  /// Rows for another next hop than the lane's; false when too many wait for it.
  bool hand_over(const NextHop& hop, std::vector<queue::Claimed>& rows);
  /// At most `most` rows that others have handed over; empty when there are none.
  std::vector<queue::Claimed> take_handed(LaneState& lane, std::size_t most);
  /// True when something is due for the lane, at once or within `linger`; false when the lane has been taken out of the
  /// books and must end. Throws net::Error (Errc::canceled), the lane being taken out.
  bool wait_for_more(LaneState& lane, std::chrono::milliseconds linger);
  /// Takes a lane that ends for another reason out of the books.
  void leave(LaneState& lane) noexcept;

  // For the dispatcher.

  /// A lane to be run, in the books from now on; null when none is wanted or there is no place.
  std::shared_ptr<LaneState> start();
  /// Next hops wait for a lane.
  bool crowded() const;
  /// No lane waits for more any longer.
  void stop() noexcept;
  /// What was handed over and nobody has taken.
  std::vector<queue::Claimed> take_all_handed();
  /// True once no lane runs, false at the deadline.
  bool wait_for_no_lanes(net::Deadline deadline) { return no_lanes_.wait(deadline); }

 private:
  struct Destination {
    std::map<std::string, std::size_t> due{};  // domain to items
    std::string last{};                        // the domain taken last
    std::size_t backlog = 0;                   // items of all that is due
    unsigned lanes = 0;
    std::deque<queue::Claimed> handed{};
    double window = initial_window;
    bool failing = false;
    unsigned failures = 0;       // one after another
    queue::Moment shut_since{};  // the last of them
    queue::Moment shut_until{};
    Verdict why{};           // it is shut
    bool by_sender = false;  // it got rows by their sender: no look finds mail for it
    bool starting = false;   // in one of the starting_ queues
    std::uint64_t seen = 0;  // the look that found mail for it
    std::vector<LaneState*> idle{};
    bool has_work() const noexcept { return !due.empty() || !handed.empty(); }
  };

  // All with mutex_ held.
  void add_with_lock(const DueMail& due, bool announced);
  void request_lane(const NextHop& hop, Destination& destination, bool announced);
  unsigned most_lanes(const NextHop& hop, const Destination& destination) const;
  bool others_there(const LaneState& lane) const;
  std::deque<NextHop>& next_to_start();
  bool has_place() const;
  bool nobody_waits() const { return starting_new_.empty() && starting_fresh_.empty() && starting_again_.empty(); }
  void make_room();
  void take_out(LaneState& lane) noexcept;

  const std::function<void()> on_work_;
  mutable std::mutex mutex_;
  std::shared_ptr<const WorkerOptions> rules_;  // guarded by mutex_, as all below
  std::map<NextHop, Destination> destinations_{};
  std::deque<NextHop> starting_new_{};    // that a lane is to be started for: mail has just come
  std::deque<NextHop> starting_fresh_{};  // likewise, mail was found waiting
  std::deque<NextHop> starting_again_{};  // likewise, whose last connection failed: after the others
  std::set<LaneState*> lanes_{};
  bool turn_of_new_ = true;
  std::uint64_t look_ = 0;
  bool stopping_ = false;
  net::Event no_lanes_{};  // set while there are none
};

/// How long it may take to connect before others need not wait for it.
inline constexpr auto connecting_patience = std::chrono::milliseconds(250);

}  // namespace posthouse::relay
