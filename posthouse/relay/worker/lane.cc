// One lane: claims what is due at one next hop, sends each message over a connection it keeps, hands in the outcomes.
//
// Invariants.
//  1. What became of a message is handed to the ledger before anything else waits. The next message is sent while that is
//     written down, the one after it only when it is: what may be sent twice after a crash is at most two messages a lane.
//  2. After a connection broke behind the final dot, the parcel waits for its next turn: the peer may have it.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "posthouse/fiber/random.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/queue/clock.h"
#include "posthouse/relay/next_hop.h"
#include "posthouse/relay/outgoing.h"
#include "posthouse/relay/tls/letter.h"
#include "posthouse/relay/worker/ledger.h"
#include "posthouse/relay/worker/session.h"
#include "posthouse/relay/worker/worker_core.h"

namespace posthouse::relay {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_hosts = 3;                // that one parcel is offered to in an attempt
constexpr std::size_t hopeless_batch = 100;         // recipients claimed at a time for hosts that are known to be away
constexpr auto no_host_pause = milliseconds(5000);  // before somebody dials again what does not exist
constexpr auto handing_pause = std::chrono::seconds(10);  // for mail that another next hop has no place for

class Lane {
 public:
  Lane(Worker::Core& core, LaneState& state) : core_(core), state_(state), session_(core, state) {}
  ~Lane() { core_.leases.drop(carried_); }

  void run();

 private:
  std::vector<Parcel> claim_parcels();
  std::vector<queue::Claimed> claim(sql::Connection& db, std::vector<DueMail>& due, std::size_t most, queue::Moment now,
                                    queue::Moment until) const;
  void settle_given_up(const Parcel& rows);
  void work_through(std::vector<Parcel>& parcels);
  Verdicts attempt(Parcel& parcel, net::TimePoint began);
  Verdicts send(Parcel& parcel, const Outgoing& message, net::TimePoint began);
  bool keep_open(Parcel& parcel, Verdicts& verdicts, net::TimePoint began);
  void settle(const Parcel& parcel, const Verdicts& verdicts, milliseconds took);
  void settle_from(const std::vector<Parcel>& parcels, std::size_t first, const Verdict& verdict, milliseconds took);
  void release_from(const std::vector<Parcel>& parcels, std::size_t first);
  void release(const std::vector<queue::Claimed>& rows, queue::Moment due);
  Settlement settlement_of(const queue::Claimed& recipient, Verdict verdict, queue::Moment now, milliseconds took);
  void hand_in(std::vector<Settlement> rows);
  void hand_over(std::vector<queue::Claimed>& rows);
  std::size_t batch() const { return core_.schedule.shut_at(state_, core_.now()) ? hopeless_batch : rules_->batch; }
  const DomainRules* rules_of(const queue::Claimed& recipient) const;
  milliseconds pause_after(const Verdict& verdict) const;
  Event event_of(Event::Kind kind, const queue::Claimed& recipient) const;

  Worker::Core& core_;
  LaneState& state_;
  std::shared_ptr<const WorkerOptions> rules_ = core_.options();
  Session session_;
  std::vector<std::int64_t> carried_{};    // recipient rows that were claimed and are not handed in
  std::shared_ptr<net::Event> written_{};  // set when what was handed in last is written down
  bool surplus_ = false;                   // the host takes no more lanes than there are besides
};

/// True for what a policy on TLS has kept from being sent: a letter that asks for less may go all the same.
bool is_about_tls(const Verdict& verdict) {
  return verdict.status == "4.7.4" || verdict.status == "4.7.5";
}

milliseconds since(net::TimePoint began) {
  return std::chrono::duration_cast<milliseconds>(net::now() - began);
}

void Lane::run() {
  for (;;) {
    rules_ = core_.options();
    std::vector<Parcel> parcels = claim_parcels();
    work_through(parcels);
    if (surplus_) {
      break;
    }
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
  const std::size_t most = batch();
  std::vector<queue::Claimed> rows = core_.schedule.take_handed(state_, most);
  for (const queue::Claimed& row : rows) {
    carried_.push_back(row.id);
  }
  std::vector<DueMail> due = rows.empty() ? core_.schedule.take(state_, most) : std::vector<DueMail>();
  if (!due.empty()) {
    const queue::Moment now = core_.now();
    const queue::Moment until = now + rules_->lease;
    rows =
        core_.store->write([&](store::Write& write) { return claim(store::own_tables(write), due, most, now, until); });
    core_.schedule.put_back(due);
    rows = core_.leases.take(std::move(rows), until);
    for (const queue::Claimed& row : rows) {
      carried_.push_back(row.id);
      if (row.reclaimed) {
        core_.tell(event_of(Event::Kind::reclaimed, row));
      }
    }
    if (rules_->routes.by_sender()) {
      hand_over(rows);
    }
  }
  std::vector<Parcel> parcels;
  Parcel given_up;
  for (queue::Claimed& row : rows) {
    if (!row.give_up.empty()) {
      given_up.push_back(std::move(row));
      continue;
    }
    const auto same = std::find_if(parcels.begin(), parcels.end(),
                                   [&](const Parcel& parcel) { return parcel.front().entry_id == row.entry_id; });
    if (same == parcels.end()) {
      parcels.push_back({std::move(row)});
    } else {
      same->push_back(std::move(row));
    }
  }
  settle_given_up(given_up);
  return parcels;
}

/// Hands those of `rows` that go by their sender's route to the lanes of that.
void Lane::hand_over(std::vector<queue::Claimed>& rows) {
  std::map<NextHop, std::vector<queue::Claimed>> others;
  std::vector<queue::Claimed> own;
  for (queue::Claimed& row : rows) {
    NextHop hop = next_hop_of(queue::domain_of(row.recipient), row.reverse_path, rules_->routes);
    (hop == state_.next_hop ? own : others[std::move(hop)]).push_back(std::move(row));
  }
  for (auto& [hop, theirs] : others) {
    std::vector<std::int64_t> ids;
    for (const queue::Claimed& row : theirs) {
      ids.push_back(row.id);
    }
    if (core_.schedule.hand_over(hop, theirs)) {
      std::erase_if(carried_, [&](std::int64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); });
    } else {
      release(theirs, core_.now() + handing_pause);
    }
  }
  rows = std::move(own);
}

/// Claims up to `most` recipients of the domains `due`; leaves those in it that may have more.
std::vector<queue::Claimed> Lane::claim(sql::Connection& db, std::vector<DueMail>& due, std::size_t most,
                                        queue::Moment now, queue::Moment until) const {
  std::vector<queue::Claimed> rows;
  std::size_t done = 0;
  while (done < due.size() && rows.size() < most) {
    const std::size_t room = most - rows.size();
    std::vector<queue::Claimed> found = queue::claim(db, due[done].domain, rules_->owner, now, until, room);
    std::move(found.begin(), found.end(), std::back_inserter(rows));
    if (found.size() == room) {
      due[done].items = std::max(most, due[done].items - std::min(due[done].items, room));
      break;
    }
    ++done;
  }
  due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(done));
  queue::restart_lifetimes(db, rows, now, rules_->expire);
  return rows;
}

/// Fails what the operator has given up, of whatever messages, without asking any host.
void Lane::settle_given_up(const Parcel& rows) {
  Verdicts verdicts;
  for (const queue::Claimed& row : rows) {
    verdicts.push_back({.kind = Verdict::Kind::permanent, .status = "5.0.0", .text = row.give_up});
  }
  settle(rows, verdicts, milliseconds(0));
}

void Lane::work_through(std::vector<Parcel>& parcels) {
  if (parcels.empty()) {
    return;
  }
  if (const auto why = core_.schedule.shut_at(state_, core_.now()); why && !session_.is_open()) {
    settle_from(parcels, 0, *why, milliseconds(0));
    return;
  }
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    if (core_.stopping()) {
      release_from(parcels, i);
      return;
    }
    const net::TimePoint began = net::now();
    try {
      const Verdicts verdicts = attempt(parcels[i], began);
      settle(parcels[i], verdicts, since(began));
    } catch (const NoHost& none) {
      if (is_about_tls(none.verdict())) {
        settle(parcels[i], Verdicts(parcels[i].size(), none.verdict()), since(began));
        continue;
      }
      // Nobody can be talked to: that is so for all of them, and asking again for each would only take time.
      if (core_.schedule.shut(state_, none.verdict(), core_.now(), pause_after(none.verdict()))) {
        settle_from(parcels, i, none.verdict(), since(began));
      } else {
        surplus_ = true;
        release_from(parcels, i);
      }
      return;
    }
  }
}

/// How long a next hop that gave `verdict` is left alone at first: less than its mail waits in any case.
milliseconds Lane::pause_after(const Verdict& verdict) const {
  return verdict.kind == Verdict::Kind::permanent ? no_host_pause : rules_->retry_initial / 2;
}

/// Sends one parcel; returns the verdicts for what send() has left of it. Throws NoHost, net::Error (Errc::canceled).
Verdicts Lane::attempt(Parcel& parcel, net::TimePoint began) {
  std::optional<Outgoing> message;
  try {
    message.emplace(*core_.store, parcel.front());
  } catch (const posthouse::Error& error) {
    return Verdicts(parcel.size(), judge(error, {}));
  }
  if (message->hops() > rules_->hops) {
    return Verdicts(parcel.size(),
                    {Verdict::Kind::permanent,
                     "5.4.6",
                     "too many hops (" + std::to_string(message->hops()) + "): the message goes round in a circle",
                     {}});
  }
  return send(parcel, *message, began);
}

/// Offers a parcel to one host after another (RFC 5321 section 5.1): what one refuses for now, the next may take. Returns
/// the verdicts for what is left of `parcel`; the rest is written down.
Verdicts Lane::send(Parcel& parcel, const Outgoing& message, net::TimePoint began) {
  const LetterTls letter = asked_by(parcel.front(), message.tls_not_required());
  session_.refresh(rules_, letter);
  const bool reused = session_.is_open();
  if (!reused) {
    try {
      session_.connect();
    } catch (const NoHost& none) {
      if (letter == LetterTls::as_published) {
        throw;
      }
      return Verdicts(parcel.size(), none.verdict());  // says nothing about other letters
    }
  }
  Verdicts verdicts = session_.transact(parcel, message);
  // A connection that has been used may have served its time (421, or closed): that says nothing about the host.
  bool same_host = reused && !session_.is_open();
  for (std::size_t host = same_host ? 0 : 1; host < max_hosts && !core_.stopping(); ++host) {
    const bool another = same_host || session_.has_next();
    if (!another || !keep_open(parcel, verdicts, began) ||
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
bool Lane::keep_open(Parcel& parcel, Verdicts& verdicts, net::TimePoint began) {
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
    settle(decided, of_decided, since(began));
    written_->wait();
    parcel = std::move(open);
    verdicts = std::move(of_open);
  }
  return true;
}

void Lane::settle(const Parcel& parcel, const Verdicts& verdicts, milliseconds took) {
  const queue::Moment now = core_.now();
  std::vector<Settlement> rows;
  for (std::size_t i = 0; i < parcel.size(); ++i) {
    rows.push_back(settlement_of(parcel[i], verdicts[i], now, took));
  }
  hand_in(std::move(rows));
}

/// One verdict for all that is left.
void Lane::settle_from(const std::vector<Parcel>& parcels, std::size_t first, const Verdict& verdict,
                       milliseconds took) {
  const queue::Moment now = core_.now();
  std::vector<Settlement> rows;
  for (std::size_t i = first; i < parcels.size(); ++i) {
    for (const queue::Claimed& recipient : parcels[i]) {
      rows.push_back(settlement_of(recipient, verdict, now, took));
    }
  }
  hand_in(std::move(rows));
}

/// Gives back what was claimed and not tried.
void Lane::release_from(const std::vector<Parcel>& parcels, std::size_t first) {
  std::vector<queue::Claimed> rows;
  for (std::size_t i = first; i < parcels.size(); ++i) {
    rows.insert(rows.end(), parcels[i].begin(), parcels[i].end());
  }
  release(rows, core_.now());
}

void Lane::release(const std::vector<queue::Claimed>& recipients, queue::Moment due) {
  std::vector<Settlement> rows;
  for (const queue::Claimed& recipient : recipients) {
    rows.push_back(
        {.recipient = recipient, .outcome = {recipient.id, recipient.entry_id, queue::Result::released, due, {}}});
  }
  hand_in(std::move(rows));
}

const DomainRules* Lane::rules_of(const queue::Claimed& recipient) const {
  if (rules_->domains.empty()) {
    return nullptr;
  }
  const auto found = rules_->domains.find(queue::domain_of(recipient.recipient));
  return found == rules_->domains.end() ? nullptr : &found->second;
}

Settlement Lane::settlement_of(const queue::Claimed& recipient, Verdict verdict, queue::Moment now, milliseconds took) {
  std::optional<mime::DeliveryAction> action;  // that the sender may want to be told
  queue::Outcome outcome{.id = recipient.id, .entry_id = recipient.entry_id, .reply = verdict.text};
  const DomainRules* own = rules_of(recipient);
  const queue::Moment expires_at = own != nullptr && own->expire
                                       ? std::min(recipient.expires_at, recipient.created_at + *own->expire)
                                       : recipient.expires_at;
  const bool expired = verdict.kind == Verdict::Kind::temporary && now >= expires_at;
  if (expired) {
    verdict.kind = Verdict::Kind::permanent;
    verdict.status = verdict.status.starts_with('4') ? "5" + verdict.status.substr(1) : "5.4.7";
  }
  if (verdict.kind == Verdict::Kind::delivered) {
    outcome.result = queue::Result::delivered;
    action = mime::DeliveryAction::relayed;
  } else if (verdict.kind == Verdict::Kind::permanent) {
    outcome.result = queue::Result::failed;
    action = mime::DeliveryAction::failed;
  } else {
    outcome.result = queue::Result::deferred;
    const double chance = static_cast<double>(net::random_below(1001)) / 1000;
    const milliseconds initial = own != nullptr && own->retry_initial ? *own->retry_initial : rules_->retry_initial;
    const milliseconds longest = own != nullptr && own->retry_max ? *own->retry_max : rules_->retry_max;
    const queue::Moment next = now + retry_delay(initial, std::max(initial, longest), recipient.attempts + 1, chance);
    outcome.next_attempt_at = std::min(next, std::max(expires_at, now + milliseconds(1)));
    if (rules_->delay_notice.count() > 0 && now >= recipient.created_at + rules_->delay_notice) {
      action = mime::DeliveryAction::delayed;
    }
  }
  std::optional<Notice> notice = action ? notice_of(recipient, verdict, *action) : std::nullopt;
  if (notice) {
    notice->expired = expired;
    outcome.tells_delay = action == mime::DeliveryAction::delayed;
  }
  Event event = event_of(Event::Kind::deferred, recipient);
  event.host = verdict.remote_mta;
  event.status = verdict.status;
  event.text = (expired ? "not delivered in time; the last answer was: " : "") + verdict.text;
  event.expired = expired;
  event.attempts = recipient.attempts + 1;
  event.next_attempt_at = outcome.next_attempt_at;
  event.took = took;
  session_.describe(event);
  return {recipient, std::move(outcome), std::move(notice), std::move(event)};
}

/// Hands `rows` to the ledger, and waits for those before them to be written down.
void Lane::hand_in(std::vector<Settlement> rows) {
  if (rows.empty()) {
    return;
  }
  std::erase_if(carried_, [&](std::int64_t id) {
    return std::any_of(rows.begin(), rows.end(), [&](const Settlement& row) { return row.recipient.id == id; });
  });
  const std::shared_ptr<net::Event> before = std::exchange(written_, core_.ledger.add(std::move(rows)));
  if (before) {
    before->wait();
  }
}

Event Lane::event_of(Event::Kind kind, const queue::Claimed& recipient) const {
  return {.kind = kind,
          .recipient_id = recipient.id,
          .message_id = recipient.message_id,
          .reverse_path = recipient.reverse_path,
          .recipient = recipient.recipient};
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
