#include "posthouse/relay/worker/session.h"

#include <algorithm>
#include <span>
#include <utility>

#include "posthouse/mail/dsn.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::relay {
namespace {

/// While it lives the lane counts as connecting.
class Connecting {
 public:
  Connecting(Schedule& schedule, LaneState& lane) : schedule_(schedule), lane_(lane) {
    schedule_.connecting(lane_, true);
  }
  ~Connecting() { schedule_.connecting(lane_, false); }
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;

 private:
  Schedule& schedule_;
  LaneState& lane_;
};

/// What the sender wrote to, where that is known to be another address (RFC 3461 section 5.2.1).
std::string orcpt_of(const queue::Claimed& row) {
  if (!row.orcpt.empty() || row.original_recipient.empty()) {
    return row.orcpt;
  }
  return mail::orcpt_of(row.original_recipient);
}

smtp::Envelope envelope_of(const Parcel& parcel, const Outgoing& message) {
  smtp::Envelope envelope;
  envelope.reverse_path = parcel.front().reverse_path;
  envelope.size = message.size();
  envelope.body = parcel.front().eight_bit ? smtp::Body::eight_bit : smtp::Body::seven_bit;
  envelope.smtputf8 = parcel.front().smtputf8;
  envelope.envid = parcel.front().envid;
  envelope.ret = parcel.front().ret;
  for (const queue::Claimed& row : parcel) {
    envelope.recipients.push_back(row.recipient);
    envelope.recipient_options.push_back({row.notify, orcpt_of(row)});
  }
  return envelope;
}

}  // namespace

void Session::refresh(std::shared_ptr<const WorkerOptions> rules, LetterTls letter) {
  rules_ = std::move(rules);
  letter_ = letter;
  if (peer_ && (!peer_->suits(letter) || sent_ >= rules_->messages_per_connection || peer_has_spoken())) {
    close(true);
  }
}

Verdicts Session::transact(const Parcel& parcel, const Outgoing& message) {
  const std::string host = peer_->host;
  smtp::Envelope envelope = envelope_of(parcel, message);
  envelope.require_tls = letter_ == LetterTls::required;
  ++sent_;
  try {
    const smtp::SendResult result = message.send(peer_->client, envelope);
    core_.schedule.went_well(lane_);
    Verdicts verdicts;
    for (const queue::Claimed& row : parcel) {
      const auto refused = std::find_if(result.refused.begin(), result.refused.end(),
                                        [&](const auto& other) { return other.address == row.recipient; });
      verdicts.push_back(judge(refused == result.refused.end() ? result.reply : refused->reply, host));
      verdicts.back().dsn = result.dsn;
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
      close(false);
    }
    return verdicts;
  } catch (const posthouse::Error& error) {
    const auto* refusal = dynamic_cast<const smtp::Error*>(&error);
    const bool unsupported = refusal != nullptr && refusal->errc() == smtp::Errc::unsupported;
    Verdict verdict = unsupported ? judge_unsupported(peer_->client, envelope, host) : judge(error, host);
    if (!error.connection_usable()) {
      close(false);
    }
    if (verdict.kind == Verdict::Kind::canceled) {
      throw;
    }
    if (verdict.kind == Verdict::Kind::temporary) {
      core_.schedule.pushed_back(lane_);
    }
    return Verdicts(parcel.size(), std::move(verdict));
  }
}

void Session::connect() {
  const Connecting connecting(core_.schedule, lane_);
  try {
    hops_ = hosts_of(lane_.next_hop, core_.resolver, rules_->hostname, rules_->timeouts.command);
    connect_from(0);
  } catch (const LogInFailed& refusal) {
    core_.log_in_failed(lane_.next_hop, refusal.verdict().text);
    throw;
  }
}

bool Session::connect_next() {
  const std::size_t next = hop_ + 1;
  close(true);
  if (next >= hops_.size()) {
    return false;
  }
  const Connecting connecting(core_.schedule, lane_);
  try {
    connect_from(next);
    return true;
  } catch (const NoHost&) {
    return false;  // what the hosts before said tells the sender more
  }
}

bool Session::connect_again() {
  try {
    connect();
    return true;
  } catch (const NoHost&) {
    return false;
  }
}

void Session::connect_from(std::size_t first) {
  smtp::ClientOptions options;
  options.tls_context = core_.any_certificate;
  options.local_name = rules_->hostname;
  options.timeouts = rules_->timeouts;
  peer_.emplace(
      connect_to(std::span(hops_).subspan(first), core_.resolver, options, rules_->tls, letter_, rules_->sources));
  hop_ = first + peer_->hop;
  sent_ = 0;
  core_.schedule.connected(lane_);
  if (!hops_[hop_].user.empty()) {
    core_.logged_in(lane_.next_hop);
  }
  ++core_.sessions;
}

void Session::close(bool politely) {
  if (peer_ && politely) {
    try {
      peer_->client.quit();
    } catch (const posthouse::Error&) {  // it is over either way
    }
  }
  if (peer_) {
    core_.schedule.closed(lane_);
  }
  peer_.reset();
}

/// True when the peer said something nobody asked for (421), or has gone, since the last message.
bool Session::peer_has_spoken() {
  try {
    return peer_->client.stream().wait_readable(net::Duration(0));
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    return true;
  }
}

void Session::describe(Event& event) {
  if (!peer_) {
    return;
  }
  event.address = peer_->address.to_string();
  if (const auto tls = peer_->client.stream().tls()) {
    event.tls = tls->version;
    event.verified = tls->verified ? to_string(peer_->level) : "";
  }
}

}  // namespace posthouse::relay
