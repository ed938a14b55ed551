#pragma once
// Where lanes hand in what became of their attempts, and the fiber that writes it down while they send the next letters.
// Private to this module.
//
// Terms.  A *settlement* is the end of an attempt for one recipient. What the sender of one letter is to be told is
// *gathered*: failures and delays wait for its other recipients that are being tried, so that there is one report on all of
// them. (What a host has taken waits for nobody.)
//
//   lane: add ──► waiting ─────────────────────────────► one transaction for many ──► told, leases dropped
//            └──► gathered until nobody else is in play ──► the same, with the report
//
// Invariants.
//  1. A settlement stays here until it is written down. Nothing is given up while the worker runs, however long the
//     database is away; what is still here when the worker ends is told as Event::Kind::unwritten.
//  2. What a host has taken is written before all else.
//  3. The worker has the leases of all that is here (Leases), so that none of its lanes sends it again.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "posthouse/fiber/sync.h"
#include "posthouse/fiber/time.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/report.h"
#include "posthouse/relay/report_limit.h"
#include "posthouse/relay/verdict.h"
#include "posthouse/relay/worker/worker.h"

namespace posthouse::relay {

/// What became of an attempt for one recipient.
struct Settlement {
  queue::Claimed recipient{};
  queue::Outcome outcome{};
  std::optional<Notice> notice{};  ///< What the sender is told of it.
  Event event{};                   ///< To be told, but for its kind; not for Result::released.
};

class Ledger {
 public:
  explicit Ledger(Worker::Core& core) : core_(core) {}

  /// Takes over `rows` and their leases. Never waits. The event is set when those that are not gathered have been written
  /// down, or the ledger has come to its end. From any thread.
  std::shared_ptr<net::Event> add(std::vector<Settlement> rows);

  /// Writes down what comes until close(); then what is left, trying until the deadline given there, at least once.
  /// Canceling is closing with no time left.
  void run();
  /// Nothing will be added any more. From any thread.
  void close(net::Deadline give_up);

 private:
  struct Row {
    Settlement settlement;
    std::shared_ptr<const void> written;  // goes with the row
  };
  struct Group {
    std::vector<Notice> notices{};
    std::vector<Settlement> rows{};
    std::vector<std::shared_ptr<const void>> written{};  // of those that a host has taken
    net::TimePoint due{};                                // when it waits no longer
    bool look = true;       // something has happened to its letter since in_play() was asked
    bool reported = false;  // `report` is what it is to be
    std::optional<Report> report{};
    bool silent = false;  // it is one too many
  };
  struct Page {  // what goes into one transaction
    std::vector<Row> rows{};
    std::vector<Group> groups{};
    bool empty() const noexcept { return rows.empty() && groups.empty(); }
  };
  struct Stuck {
    Page page;
    net::TimePoint again_at;
  };

  void work();
  std::optional<Page> next_page();
  Page collect();
  void gather(Settlement row, const std::shared_ptr<const void>& written);
  void look_for_siblings();
  bool write(Page page);
  bool keep(Page page, const std::exception& error);
  bool write_apart(Page page);
  void make_reports(Page& page, queue::Moment now);
  void name_claim(queue::Outcome& outcome);
  queue::Recorded commit(Page& page, queue::Moment now);
  void announce(Page page, const queue::Recorded& recorded);
  void tell(Settlement& row, bool lost);
  void tell_unwritten();
  net::TimePoint next_turn() const;
  bool closed() const;
  bool given_up() const;

  Worker::Core& core_;
  mutable std::mutex mutex_;
  std::deque<Row> taken_{};                 // by the next host; guarded by mutex_, as all below
  std::deque<Row> others_{};                // deferred, released, failed; with nobody to be told
  std::map<std::int64_t, Group> groups_{};  // by entry
  std::size_t gathered_ = 0;                // rows of groups_
  std::vector<Page> again_{};               // could not be written for a moment
  std::vector<Stuck> stuck_{};              // could not be written for a reason that may last
  ReportLimit limit_{};                     // of the fiber only that writes
  std::optional<net::Deadline> give_up_{};  // since close()
  net::Event wake_{};
  net::Event closing_{};
};

}  // namespace posthouse::relay
