// One lane: claims recipients of one domain, sends each message over a connection it keeps, writes down the outcomes.
//
// Terms.  A *parcel* is a message with those of its recipients that were claimed together: one SMTP transaction.
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
#include "posthouse/relay/worker/worker_core.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::relay {
namespace {

using Parcel = std::vector<queue::Claimed>;
using Verdicts = std::vector<Verdict>;  // one for each recipient of a parcel, in its order
using std::chrono::milliseconds;

class Lane {
 public:
  Lane(Worker::Core& core, const std::string& domain, LaneState& state) : core_(core), domain_(domain), state_(state) {}

  void run();

 private:
  std::vector<Parcel> claim_parcels();
  void work_through(std::vector<Parcel>& parcels);
  void settle_unsent(const Parcel& parcel, const Verdict& verdict);
  Verdicts attempt(Parcel& parcel, std::string& header, net::TimePoint began);
  Verdicts send(Parcel& parcel, const Outgoing& message, net::TimePoint began);
  bool keep_open(Parcel& parcel, Verdicts& verdicts, const Outgoing& message, net::TimePoint began);
  Verdicts transact(const Parcel& parcel, const Outgoing& message);
  void connect();
  bool connect_again();
  bool connect_next();
  void connect_from(std::size_t first);
  void disconnect(bool politely);
  bool peer_has_spoken();
  void settle(const Parcel& parcel, const Verdicts& verdicts, std::string_view header, milliseconds took);
  queue::Recorded write_down(const std::vector<queue::Outcome>& outcomes, const std::optional<Report>& report,
                             queue::Moment now);
  void announce(const Parcel& parcel, const Verdicts& verdicts, const std::vector<queue::Outcome>& outcomes,
                const queue::Recorded& recorded, milliseconds took);
  void release(const std::vector<Parcel>& parcels, std::size_t from);
  Event event_of(Event::Kind kind, const queue::Claimed& recipient) const;

  Worker::Core& core_;
  const std::string domain_;
  LaneState& state_;
  std::shared_ptr<const WorkerOptions> rules_ = core_.options();
  std::vector<Hop> hops_{};  // of the last connect()
  std::size_t hop_ = 0;      // the one last talked to
  std::optional<Connected> peer_{};
  std::size_t sent_ = 0;  // parcels over this connection
};

constexpr std::size_t max_hosts = 3;  // that one parcel is offered to in an attempt

constexpr auto write_patience = std::chrono::minutes(2);

/// While it lives the lane counts as connecting.
class Connecting {
 public:
  Connecting(Worker::Core& core, LaneState& lane) : core_(core), lane_(lane) { core_.connecting(lane_, true); }
  ~Connecting() { core_.connecting(lane_, false); }
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;

 private:
  Worker::Core& core_;
  LaneState& lane_;
};

milliseconds since(net::TimePoint began) {
  return std::chrono::duration_cast<milliseconds>(net::now() - began);
}

void Lane::run() {
  for (;;) {
    rules_ = core_.options();
    const std::uint64_t generation = core_.generation(domain_);
    std::vector<Parcel> parcels = claim_parcels();
    if (!parcels.empty()) {
      work_through(parcels);
      if (!core_.stopping()) {
        continue;
      }
    }
    if (!core_.wait_for_more(state_, domain_, generation, peer_ ? rules_->linger : milliseconds(0))) {
      break;
    }
  }
  disconnect(true);
}

std::vector<Parcel> Lane::claim_parcels() {
  if (core_.stopping()) {
    return {};
  }
  const queue::Moment now = core_.now();
  const queue::Moment until = now + rules_->lease;
  const auto rows = core_.store->write([&](store::Write& write) {
    return queue::claim(store::own_tables(write), domain_, rules_->owner, now, until, rules_->batch);
  });
  if (rows.empty()) {
    return {};
  }
  core_.claimed(state_, domain_, rows, until, rows.size() >= rules_->batch);
  std::vector<Parcel> parcels;
  for (const queue::Claimed& row : rows) {
    if (row.reclaimed) {
      core_.tell(event_of(Event::Kind::reclaimed, row));
    }
    const auto same = std::find_if(parcels.begin(), parcels.end(),
                                   [&](const Parcel& parcel) { return parcel.front().entry_id == row.entry_id; });
    if (same == parcels.end()) {
      parcels.push_back({row});
    } else {
      same->push_back(row);
    }
  }
  return parcels;
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

smtp::Envelope envelope_of(const Parcel& parcel, const Outgoing& message) {
  smtp::Envelope envelope;
  envelope.reverse_path = parcel.front().reverse_path;
  envelope.size = message.size();
  envelope.body = parcel.front().eight_bit ? smtp::Body::eight_bit : smtp::Body::seven_bit;
  envelope.smtputf8 = parcel.front().smtputf8;
  for (const queue::Claimed& row : parcel) {
    envelope.recipients.push_back(row.recipient);
  }
  return envelope;
}

/// Offers a parcel to one host after another (RFC 5321 section 5.1): what one refuses for now, the next may take. Returns
/// the verdicts for what is left of `parcel`; the rest is written down.
Verdicts Lane::send(Parcel& parcel, const Outgoing& message, net::TimePoint began) {
  if (peer_ && (sent_ >= rules_->messages_per_connection || peer_has_spoken())) {
    disconnect(true);
  }
  const bool reused = peer_.has_value();
  if (!peer_) {
    connect();
  }
  Verdicts verdicts = transact(parcel, message);
  // A connection that has been used may have served its time (421, or closed): that says nothing about the host.
  bool same_host = reused && !peer_;
  for (std::size_t host = same_host ? 0 : 1; host < max_hosts && !core_.stopping(); ++host) {
    const bool another = same_host || hop_ + 1 < hops_.size();
    if (!another || !keep_open(parcel, verdicts, message, began) || !(same_host ? connect_again() : connect_next())) {
      break;
    }
    same_host = false;
    verdicts = transact(parcel, message);
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

Verdicts Lane::transact(const Parcel& parcel, const Outgoing& message) {
  const std::string host = peer_->host;
  const smtp::Envelope envelope = envelope_of(parcel, message);
  ++sent_;
  try {
    const smtp::SendResult result = message.send(peer_->client, envelope);
    Verdicts verdicts;
    for (const queue::Claimed& row : parcel) {
      const auto refused = std::find_if(result.refused.begin(), result.refused.end(),
                                        [&](const auto& other) { return other.address == row.recipient; });
      verdicts.push_back(judge(refused == result.refused.end() ? result.reply : refused->reply, host));
    }
    return verdicts;
  } catch (const smtp::RecipientsRefused& none) {
    Verdicts verdicts;
    for (const queue::Claimed& row : parcel) {
      const auto reply = std::find_if(none.replies().begin(), none.replies().end(),
                                      [&](const auto& other) { return other.address == row.recipient; });
      verdicts.push_back(judge(reply == none.replies().end() ? none.answer() : reply->reply, host));
    }
    if (!none.connection_usable()) {
      disconnect(false);
    }
    return verdicts;
  } catch (const posthouse::Error& error) {
    const auto* refusal = dynamic_cast<const smtp::Error*>(&error);
    const bool unsupported = refusal != nullptr && refusal->errc() == smtp::Errc::unsupported;
    Verdict verdict = unsupported ? judge_unsupported(peer_->client, envelope, host) : judge(error, host);
    if (!error.connection_usable()) {
      disconnect(false);
    }
    if (verdict.kind == Verdict::Kind::canceled) {
      throw;
    }
    return Verdicts(parcel.size(), std::move(verdict));
  }
}

void Lane::connect() {
  const Connecting connecting(core_, state_);
  try {
    hops_ = next_hops(domain_, rules_->routes, core_.resolver, rules_->hostname, rules_->timeouts.command);
    connect_from(0);
  } catch (const NoHost&) {
    core_.connected(domain_, false);
    throw;
  }
}

/// To the host after the one last talked to; false when there is none that lets us in.
bool Lane::connect_next() {
  const std::size_t next = hop_ + 1;
  disconnect(true);
  if (next >= hops_.size()) {
    return false;
  }
  const Connecting connecting(core_, state_);
  try {
    connect_from(next);
    return true;
  } catch (const NoHost&) {
    return false;  // what the hosts before said tells the sender more
  }
}

/// To the first of hops_ again; false when none lets us in.
bool Lane::connect_again() {
  try {
    connect();
    return true;
  } catch (const NoHost&) {
    return false;
  }
}

void Lane::connect_from(std::size_t first) {
  smtp::ClientOptions options;
  options.tls_context = core_.any_certificate;
  options.local_name = rules_->hostname;
  options.timeouts = rules_->timeouts;
  peer_.emplace(connect_to(std::span(hops_).subspan(first), core_.resolver, options));
  hop_ = first + peer_->hop;
  sent_ = 0;
  core_.connected(domain_, true);
}

void Lane::disconnect(bool politely) {
  if (peer_ && politely) {
    try {
      peer_->client.quit();
    } catch (const posthouse::Error&) {  // it is over either way
    }
  }
  peer_.reset();
}

/// True when the peer said something nobody asked for (421), or has gone, since the last message.
bool Lane::peer_has_spoken() {
  try {
    return peer_->client.stream().wait_readable(net::Duration(0));
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    return true;
  }
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
    if (peer_) {
      event.address = peer_->address.to_string();
      if (const auto tls = peer_->client.stream().tls()) {
        event.tls = tls->version;
      }
    }
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
  core_.settled(state_, ids);
  if (next != queue::Moment::max()) {
    core_.due(next);
  }
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
  core_.settled(state_, ids);
}

}  // namespace

void run_lane(Worker::Core& core, const std::string& domain, LaneState& state) noexcept {
  try {
    Lane(core, domain, state).run();
  } catch (const std::exception& error) {
    if (!net::is_canceled(error)) {
      core.tell({.kind = Event::Kind::trouble, .recipient = {}, .text = domain + ": " + error.what()});
    }
  }
  core.leave(state, domain);
}

}  // namespace posthouse::relay
