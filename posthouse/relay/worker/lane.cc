// One lane: claims what is due at one next hop, sends each message over a connection it keeps, writes down the outcomes.
//
// Invariants.
//  1. Between the peer's reply to a message and the commit of its outcome nothing waits for the network. What may be
//     sent twice was in exactly this gap when the process ended.
//  2. After a connection broke behind the final dot, the parcel waits for its next turn: the peer may have it.
#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "posthouse/fiber/random.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/relay/next_hop.h"
#include "posthouse/relay/outgoing.h"
#include "posthouse/relay/report.h"
#include "posthouse/relay/worker/session.h"
#include "posthouse/relay/worker/worker_core.h"

namespace posthouse::relay {
namespace {

using std::chrono::milliseconds;

class Lane {
 public:
  Lane(Worker::Core& core, LaneState& state) : core_(core), state_(state), session_(core, state) {}
  ~Lane() { core_.leases.drop(carried_); }

  void run();

 private:
  std::vector<Parcel> claim_parcels();
  std::vector<queue::Claimed> claim(sql::Connection& db, std::vector<DueMail>& due, queue::Moment now,
                                    queue::Moment until) const;
  void work_through(std::vector<Parcel>& parcels);
  void settle_unsent(const Parcel& parcel, const Verdict& verdict);
  Verdicts attempt(Parcel& parcel, std::string& header, net::TimePoint began);
  Verdicts send(Parcel& parcel, const Outgoing& message, net::TimePoint began);
  bool keep_open(Parcel& parcel, Verdicts& verdicts, const Outgoing& message, net::TimePoint began);
  void settle(const Parcel& parcel, const Verdicts& verdicts, std::string_view header, milliseconds took);
  queue::Recorded write_down(const std::vector<queue::Outcome>& outcomes, const std::optional<Report>& report,
                             queue::Moment now);
  void announce(const Parcel& parcel, const Verdicts& verdicts, const std::vector<queue::Outcome>& outcomes,
                const queue::Recorded& recorded, milliseconds took);
  void settled(const std::vector<std::int64_t>& ids);
  void release(const std::vector<Parcel>& parcels, std::size_t from);
  Event event_of(Event::Kind kind, const queue::Claimed& recipient) const;

  Worker::Core& core_;
  LaneState& state_;
  std::shared_ptr<const WorkerOptions> rules_ = core_.options();
  Session session_;
  std::vector<std::int64_t> carried_{};  // recipient rows that were claimed and are not settled
};

constexpr std::size_t max_hosts = 3;  // that one parcel is offered to in an attempt

constexpr auto write_patience = std::chrono::minutes(2);

milliseconds since(net::TimePoint began) {
  return std::chrono::duration_cast<milliseconds>(net::now() - began);
}

void Lane::run() {
  for (;;) {
    rules_ = core_.options();
    std::vector<Parcel> parcels = claim_parcels();
    work_through(parcels);
    if ((parcels.empty() || core_.stopping()) &&
        !core_.schedule.wait_for_more(state_, session_.is_open() ? rules_->linger : milliseconds(0))) {
      break;
    }
  }
  session_.close(true);
}

std::vector<Parcel> Lane::claim_parcels() {
  if (core_.stopping()) {
    return {};
  }
  std::vector<DueMail> due = core_.schedule.take(state_, rules_->batch);
  if (due.empty()) {
    return {};
  }
  const queue::Moment now = core_.now();
  const queue::Moment until = now + rules_->lease;
  std::vector<queue::Claimed> rows =
      core_.store->write([&](store::Write& write) { return claim(store::own_tables(write), due, now, until); });
  core_.schedule.put_back(due);
  std::vector<Parcel> parcels;
  for (queue::Claimed& row : core_.leases.take(std::move(rows), until)) {
    carried_.push_back(row.id);
    if (row.reclaimed) {
      core_.tell(event_of(Event::Kind::reclaimed, row));
    }
    const auto same = std::find_if(parcels.begin(), parcels.end(),
                                   [&](const Parcel& parcel) { return parcel.front().entry_id == row.entry_id; });
    if (same == parcels.end()) {
      parcels.push_back({std::move(row)});
    } else {
      same->push_back(std::move(row));
    }
  }
  return parcels;
}

/// Claims a batch from the domains `due`; leaves those in it that may have more.
std::vector<queue::Claimed> Lane::claim(sql::Connection& db, std::vector<DueMail>& due, queue::Moment now,
                                        queue::Moment until) const {
  std::vector<queue::Claimed> rows;
  std::size_t done = 0;
  while (done < due.size() && rows.size() < rules_->batch) {
    const std::size_t room = rules_->batch - rows.size();
    std::vector<queue::Claimed> found = queue::claim(db, due[done].domain, rules_->owner, now, until, room);
    std::move(found.begin(), found.end(), std::back_inserter(rows));
    if (found.size() == room) {
      due[done].items = std::max(rules_->batch, due[done].items - std::min(due[done].items, room));
      break;
    }
    ++done;
  }
  due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(done));
  return rows;
}

void Lane::work_through(std::vector<Parcel>& parcels) {
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    if (core_.stopping()) {
      release(parcels, i);
      return;
    }
    const net::TimePoint began = net::now();
    std::string header;
    try {
      const Verdicts verdicts = attempt(parcels[i], header, began);
      settle(parcels[i], verdicts, header, since(began));
    } catch (const NoHost& none) {
      // Nobody can be talked to: that is so for all of them, and asking again for each would only take time.
      settle(parcels[i], Verdicts(parcels[i].size(), none.verdict()), header, since(began));
      while (++i < parcels.size()) {
        settle_unsent(parcels[i], none.verdict());
      }
      return;
    }
  }
}

/// Writes down `verdict` for a parcel that was not tried.
void Lane::settle_unsent(const Parcel& parcel, const Verdict& verdict) {
  std::string header;
  try {
    header = std::string(Outgoing(*core_.store, parcel.front()).header());
  } catch (const posthouse::Error&) {  // the report goes without it
  }
  settle(parcel, Verdicts(parcel.size(), verdict), header, milliseconds(0));
}

/// Sends one parcel; returns the verdicts for what send() has left of it. Throws NoHost, net::Error (Errc::canceled).
Verdicts Lane::attempt(Parcel& parcel, std::string& header, net::TimePoint began) {
  std::optional<Outgoing> read;
  try {
    read.emplace(*core_.store, parcel.front());
  } catch (const posthouse::Error& error) {
    return Verdicts(parcel.size(), judge(error, {}));
  }
  const Outgoing& message = *read;
  header = message.header();
  if (message.hops() > rules_->hops) {
    return Verdicts(parcel.size(),
                    {Verdict::Kind::permanent,
                     "5.4.6",
                     "too many hops (" + std::to_string(message.hops()) + "): the message goes round in a circle",
                     {}});
  }
  return send(parcel, message, began);
}

/// Offers a parcel to one host after another (RFC 5321 section 5.1): what one refuses for now, the next may take. Returns
/// the verdicts for what is left of `parcel`; the rest is written down.
Verdicts Lane::send(Parcel& parcel, const Outgoing& message, net::TimePoint began) {
  session_.refresh(rules_);
  const bool reused = session_.is_open();
  if (!reused) {
    session_.connect();
  }
  Verdicts verdicts = session_.transact(parcel, message);
  // A connection that has been used may have served its time (421, or closed): that says nothing about the host.
  bool same_host = reused && !session_.is_open();
  for (std::size_t host = same_host ? 0 : 1; host < max_hosts && !core_.stopping(); ++host) {
    const bool another = same_host || session_.has_next();
    if (!another || !keep_open(parcel, verdicts, message, began) ||
        !(same_host ? session_.connect_again() : session_.connect_next())) {
      break;
    }
    same_host = false;
    verdicts = session_.transact(parcel, message);
  }
  return verdicts;
}

/// Leaves in `parcel` the recipients that another host may be asked about; false when there are none. The others are
/// written down first, since asking takes time.
bool Lane::keep_open(Parcel& parcel, Verdicts& verdicts, const Outgoing& message, net::TimePoint began) {
  Parcel open, decided;
  Verdicts of_open, of_decided;
  for (std::size_t i = 0; i < parcel.size(); ++i) {
    (verdicts[i].elsewhere ? open : decided).push_back(parcel[i]);
    (verdicts[i].elsewhere ? of_open : of_decided).push_back(verdicts[i]);
  }
  if (open.empty()) {
    return false;
  }
  if (!decided.empty()) {
    settle(decided, of_decided, message.header(), since(began));
    parcel = std::move(open);
    verdicts = std::move(of_open);
  }
  return true;
}

void Lane::settle(const Parcel& parcel, const Verdicts& verdicts, std::string_view header, milliseconds took) {
  const net::Shield written_down_in_any_case;
  const queue::Moment now = core_.now();
  std::vector<queue::Outcome> outcomes;
  std::vector<Failure> failures;
  for (std::size_t i = 0; i < parcel.size(); ++i) {
    Verdict verdict = verdicts[i];
    queue::Outcome outcome{.id = parcel[i].id, .entry_id = parcel[i].entry_id, .reply = verdict.text};
    if (verdict.kind == Verdict::Kind::temporary && now >= parcel[i].expires_at) {
      verdict.kind = Verdict::Kind::permanent;
      verdict.text = "not delivered in time; the last answer was: " + verdict.text;
      verdict.status = verdict.status.starts_with('4') ? "5" + verdict.status.substr(1) : "5.4.7";
    }
    if (verdict.kind == Verdict::Kind::delivered) {
      outcome.result = queue::Result::delivered;
    } else if (verdict.kind == Verdict::Kind::permanent) {
      outcome.result = queue::Result::failed;
      failures.push_back({parcel[i], std::move(verdict)});
    } else {
      outcome.result = queue::Result::deferred;
      const double chance = static_cast<double>(net::random_below(1001)) / 1000;
      const queue::Moment next =
          now + retry_delay(rules_->retry_initial, rules_->retry_max, parcel[i].attempts + 1, chance);
      outcome.next_attempt_at = std::min(next, std::max(parcel[i].expires_at, now + milliseconds(1)));
    }
    outcomes.push_back(std::move(outcome));
  }
  std::optional<Report> report;
  try {
    report = make_report(*core_.store, rules_->hostname, failures, header, now, now + rules_->expire);
  } catch (const posthouse::Error& error) {
    if (error.retryable()) {
      throw;
    }
    core_.tell({.kind = Event::Kind::trouble, .text = std::string("no report can be made: ") + error.what()});
  }
  const queue::Recorded recorded = write_down(outcomes, report, now);
  announce(parcel, verdicts, outcomes, recorded, took);
  if (report) {
    Event told = event_of(Event::Kind::reported, parcel.front());
    told.recipient = parcel.front().reverse_path;
    core_.tell(std::move(told));
  }
}

/// One transaction for the outcomes, the report to the sender, and the end of the message when it was the last of it.
queue::Recorded Lane::write_down(const std::vector<queue::Outcome>& outcomes, const std::optional<Report>& report,
                                 queue::Moment now) {
  const Report* told = report ? &*report : nullptr;
  const net::Deadline give_up(write_patience);
  for (;;) {
    try {
      return core_.store->write([&](store::Write& write) {
        queue::Recorded recorded = queue::record(store::own_tables(write), rules_->owner, outcomes, now);
        if (told != nullptr) {
          delivery::deliver(write, told->letter, told->to, now);
        }
        for (const std::int64_t message : recorded.finished_messages) {
          store::release_message(write, message);
        }
        return recorded;
      });
    } catch (const posthouse::Error& error) {
      const auto* gone = dynamic_cast<const store::Error*>(&error);
      if (told != nullptr && gone != nullptr && gone->errc() == store::Errc::no_such_mailbox) {
        told = nullptr;  // the sender's mailbox has been removed since it was looked up
      } else if (!error.retryable() || give_up.expired() || core_.stopping()) {
        throw;
      } else {
        // What has been delivered must not be forgotten because the disk is full for a moment.
        core_.tell({.kind = Event::Kind::trouble, .text = error.what()});
        net::sleep_for(std::chrono::seconds(1));
      }
    }
  }
}

Event Lane::event_of(Event::Kind kind, const queue::Claimed& recipient) const {
  return {.kind = kind,
          .recipient_id = recipient.id,
          .message_id = recipient.message_id,
          .reverse_path = recipient.reverse_path,
          .recipient = recipient.recipient};
}

void Lane::announce(const Parcel& parcel, const Verdicts& verdicts, const std::vector<queue::Outcome>& outcomes,
                    const queue::Recorded& recorded, milliseconds took) {
  std::vector<std::int64_t> ids;
  queue::Moment next = queue::Moment::max();
  for (std::size_t i = 0; i < parcel.size(); ++i) {
    ids.push_back(parcel[i].id);
    const bool lost = std::find(recorded.lost.begin(), recorded.lost.end(), parcel[i].id) != recorded.lost.end();
    Event event = event_of(lost                                             ? Event::Kind::lost
                           : outcomes[i].result == queue::Result::delivered ? Event::Kind::relayed
                           : outcomes[i].result == queue::Result::failed    ? Event::Kind::failed
                                                                            : Event::Kind::deferred,
                           parcel[i]);
    event.host = verdicts[i].remote_mta;
    session_.describe(event);
    event.status = verdicts[i].status;
    event.text = verdicts[i].text;
    event.attempts = parcel[i].attempts + 1;
    event.next_attempt_at = outcomes[i].next_attempt_at;
    event.took = took;
    if (outcomes[i].result == queue::Result::deferred) {
      next = std::min(next, outcomes[i].next_attempt_at);
    }
    core_.tell(std::move(event));
  }
  settled(ids);
  if (next != queue::Moment::max()) {
    core_.due(next);
  }
}

/// These rows are not this lane's any more.
void Lane::settled(const std::vector<std::int64_t>& ids) {
  std::erase_if(carried_, [&](std::int64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); });
  core_.leases.drop(ids);
}

/// Gives back what was claimed and not tried.
void Lane::release(const std::vector<Parcel>& parcels, std::size_t from) {
  const net::Shield given_back_in_any_case;
  const queue::Moment now = core_.now();
  std::vector<queue::Outcome> outcomes;
  std::vector<std::int64_t> ids;
  for (std::size_t i = from; i < parcels.size(); ++i) {
    for (const queue::Claimed& row : parcels[i]) {
      outcomes.push_back({row.id, row.entry_id, queue::Result::released, now, {}});
      ids.push_back(row.id);
    }
  }
  core_.store->write(
      [&](store::Write& write) { return queue::record(store::own_tables(write), rules_->owner, outcomes, now); });
  settled(ids);
}

}  // namespace

void run_lane(Worker::Core& core, LaneState& state) noexcept {
  try {
    Lane(core, state).run();
  } catch (const std::exception& error) {
    if (!net::is_canceled(error)) {
      const NextHop& hop = state.next_hop;
      core.tell({.kind = Event::Kind::trouble,
                 .recipient = {},
                 .text = (hop.route ? hop.route->host : hop.domain) + ": " + error.what()});
    }
  }
  core.schedule.leave(state);
}

}  // namespace posthouse::relay
