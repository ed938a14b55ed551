#include "posthouse/server/smtp/smtp_backend.h"

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/origin.h"
#include "posthouse/fiber/time.h"
#include "posthouse/mail/address.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/smtp/intake.h"
#include "posthouse/server/smtp/letter_log.h"
#include "posthouse/smtp/wire/address_literal.h"
#include "posthouse/sql/error.h"

namespace posthouse::server {
namespace {

/// True for postmaster at the address literal that `here` is (RFC 5321 sections 4.1.3 and 4.5.1).
bool is_postmaster_at(std::string_view address, const net::Address& here) {
  if (!address.ends_with(']')) {
    return false;
  }
  const std::string literal = smtp::address_literal(here);
  const auto named = mail::Address::parse(address);
  return named && !literal.empty() && iequals(named->local_part().text(), "postmaster") &&
         named->domain() == mail::Domain(literal);
}

/// Runs `ask`; what it throws is logged and becomes a reply that says to come again.
template <class F>
smtp::Reply told_of_trouble(const smtp::Session& session, const char* what, F&& ask) {
  try {
    return ask();
  } catch (const posthouse::Error& error) {
    log_bounded(spdlog::level::err, "trouble", "peer={} with={} error={}", session.peer.to_string(), what,
                shown(error.what()));
    return reply_for(error);
  }
}

const char* event_of(smtp::Refused what) {
  switch (what) {
    case smtp::Refused::sender:
      return "refused sender";
    case smtp::Refused::recipient:
      return "refused recipient";
    case smtp::Refused::message:
      break;
  }
  return "refused message";
}

void log_refused(const smtp::Session& session, const smtp::Envelope& envelope, smtp::Refused what,
                 std::string_view address, const std::string& reply) {
  const char* const event = event_of(what);
  if (!log().should_log(spdlog::level::info) || !may_log(event)) {
    return;
  }
  std::string line = fmt::format("{} peer={}{} from={}", event, session.peer.to_string(), user_field(session),
                                 what == smtp::Refused::sender ? shown(address) : sender_shown(envelope.reverse_path));
  if (what == smtp::Refused::recipient) {
    line += " to=" + shown(address);
  } else if (what == smtp::Refused::message) {
    line += fmt::format("{} recipients={}", recipient_fields(envelope, 0), envelope.recipients.size());
  }
  log().info("{} reply={}", line, shown(reply));
}

smtp::Reply refusal(int code, const char* enhanced, std::string text) {
  return {code, enhanced, std::move(text)};
}

std::string in_brackets(std::string_view address) {
  return "<" + printable(address, 320) + ">";
}

}  // namespace

smtp::Reply SmtpBackend::mail(const smtp::Session& session, const smtp::Envelope& envelope) {
  destinations_.clear();
  const smtp::Reply reply = told_of_trouble(session, "sender", [&] {
    smtp::Reply judged = judge_sender(session, envelope.reverse_path);
    SessionMilters* const asked = judged.positive() ? milters(session) : nullptr;
    return asked == nullptr ? judged : asked->mail(session, envelope).value_or(judged);
  });
  busy_ = reply.positive();
  return reply;
}

smtp::Reply SmtpBackend::judge_sender(const smtp::Session& session, const std::string& sender) {
  trusted_.reset();
  if (auto refused = judge_device(session, sender)) {
    return *std::move(refused);
  }
  if (local_ != nullptr) {
    if (!sender.empty() && !local_->any_sender && !may_send_as_local_user(house_, *local_, sender)) {
      return refusal(553, "5.7.1", in_brackets(sender) + " is not an address of " + local_->name);
    }
  } else if (trusted_) {
    // What it sends is taken as from a user.
  } else if (session.kind == smtp::Kind::submission) {
    if (session.user.empty()) {
      return refusal(530, "5.7.0", "Log in first");
    }
    // The null reverse-path is for the reports that mail programs send themselves (RFC 8098 section 3).
    const store::Account account{.id = session.user_id, .address = session.user};
    if (!sender.empty() && !house_.directory->may_send_as(account, sender)) {
      return refusal(553, "5.7.1", in_brackets(sender) + " is not an address of " + account.address);
    }
  } else if (rules_.refuse_own_senders && house_.directory->is_local(sender)) {
    return refusal(550, "5.7.1", in_brackets(sender) + " is of this house; its users log in to send");
  }
  if (!house_.store->has_room(rules_.free_space)) {
    log_bounded(spdlog::level::err, "disk full", "peer={} from={} cause=\"less than {} octets are free\"",
                session.peer.to_string(), sender_shown(sender), rules_.free_space);
    return refusal(452, "4.3.1", "There is no space left; try again later");
  }
  if (session.user_id != 0) {
    if (auto refused = sending_.mail(session, rules_.addresses.sending)) {
      return *std::move(refused);
    }
  }
  return smtp::ok();
}

std::optional<smtp::Reply> SmtpBackend::judge_device(const smtp::Session& session, const std::string& sender) {
  if (!session.user.empty() || !rules_.trusted.contains(session.peer) || !rules_.trusted.may_send(sender)) {
    return std::nullopt;
  }
  if (rules_.sent != nullptr && !rules_.sent->take(session.peer.ip(), rules_.trusted.messages_per_hour, net::now())) {
    return refusal(450, "4.7.1", "There were too many messages from here in this hour; try again later");
  }
  trusted_.emplace();
  return std::nullopt;
}

smtp::Reply SmtpBackend::recipient(const smtp::Session& session, const smtp::Envelope& envelope,
                                   const std::string& forward_path) {
  return told_of_trouble(session, "recipient", [&] { return judge_recipient(session, envelope, forward_path); });
}

smtp::Reply SmtpBackend::judge_recipient(const smtp::Session& session, const smtp::Envelope& envelope,
                                         const std::string& forward_path) {
  using Status = store::Resolution::Status;
  if (take_report(envelope, forward_path)) {
    return smtp::ok();
  }
  const bool is_ours = is_postmaster_at(forward_path, session.local);
  if (auto refused = sending_.recipient(session, envelope.recipients.size())) {
    return *std::move(refused);
  }
  const store::Resolution resolution = house_.directory->resolve(is_ours ? "postmaster" : forward_path);
  switch (resolution.status) {
    case Status::ok:
      return take_local(session, envelope, forward_path, resolution);
    case Status::no_such_domain:
      if (session.kind != smtp::Kind::submission && rules_.relay_domains != nullptr) {
        using Answer = RelayDomains::Answer;
        const Answer answer = rules_.relay_domains->find(forward_path);
        if (answer == Answer::no_such_user) {
          hold_back(session);
          return refusal(550, "5.1.1", "There is no " + in_brackets(forward_path) + " behind this server");
        }
        if (answer == Answer::taken) {
          SessionMilters* const asked = milters(session);
          if (auto refused = asked == nullptr ? std::nullopt : asked->recipient(session, forward_path)) {
            return *std::move(refused);
          }
          destinations_.add_remote(forward_path, {}, asked_of(envelope, envelope.recipients.size()));
          return smtp::ok();
        }
      }
      if (session.kind != smtp::Kind::submission && !trusted_) {
        return refusal(550, "5.7.1", "This server does not relay; " + in_brackets(forward_path) + " is not here");
      }
      if (queue::domain_of(forward_path).empty()) {
        return refusal(550, "5.1.1", "There is no " + in_brackets(forward_path));
      }
      destinations_.add_remote(forward_path, {}, asked_of(envelope, envelope.recipients.size()));
      return smtp::ok();
    case Status::no_such_user:
      hold_back(session);
      return refusal(550, "5.1.1", "There is no " + in_brackets(forward_path) + " here");
    case Status::disabled:
      return rules_.addresses.defer_disabled
                 ? refusal(450, "4.2.1", in_brackets(forward_path) + " takes no mail now; try again later")
                 : refusal(550, "5.2.1", in_brackets(forward_path) + " takes no mail");
    case Status::loop:
      return refusal(550, "5.4.6", "The alias " + in_brackets(forward_path) + " goes round in a circle");
  }
  return refusal(451, "4.3.0", "This cannot be told now");
}

smtp::Reply SmtpBackend::take_local(const smtp::Session& session, const smtp::Envelope& envelope,
                                    const std::string& forward_path, const store::Resolution& resolution) {
  for (const std::string& list : resolution.lists) {
    switch (house_.directory->may_post(list, envelope.reverse_path, session.user_id)) {
      case Directory::MayPost::yes:
        break;
      case Directory::MayPost::no:
        return refusal(550, "5.7.2", "You may not write to the list " + in_brackets(list));
      case Directory::MayPost::nobody_there:
        return refusal(550, "5.2.4", "The list " + in_brackets(list) + " has no members");
    }
  }
  if (!house_.directory->has_room(resolution, envelope.size.value_or(1))) {
    const std::string full = "The mailbox of " + in_brackets(forward_path) + " is full";
    return rules_.addresses.refuse_over_quota ? refusal(552, "5.2.2", full)
                                              : refusal(452, "4.2.2", full + "; try again later");
  }
  if (SessionMilters* const asked = milters(session)) {
    if (auto refused = asked->recipient(session, forward_path)) {
      return *std::move(refused);
    }
  }
  destinations_.add_local(resolution, forward_path, asked_of(envelope, envelope.recipients.size()));
  return smtp::ok();
}

bool SmtpBackend::take_report(const smtp::Envelope& envelope, const std::string& forward_path) {
  // Only reports go back that way: else whoever has seen such an address could send mail through this house.
  if (rules_.srs == nullptr || !envelope.reverse_path.empty() || !house_.directory->is_local(forward_path)) {
    return false;
  }
  const auto sender = rules_.srs->original(forward_path, std::chrono::floor<std::chrono::days>(net::wall_now()));
  if (!sender || queue::domain_of(*sender).empty()) {
    return false;
  }
  const store::Resolution resolution = house_.directory->resolve(*sender);
  if (resolution.status == store::Resolution::Status::ok) {
    destinations_.add_local(resolution, *sender);
    return true;
  }
  if (resolution.status != store::Resolution::Status::no_such_domain) {
    return false;
  }
  destinations_.add_remote(*sender, forward_path);
  return true;
}

void SmtpBackend::refused(const smtp::Session& session, const smtp::Envelope& envelope, smtp::Refused what,
                          std::string_view address, const std::string& reply) noexcept {
  try {
    log_refused(session, envelope, what, address, reply);
  } catch (const std::exception&) {
    // There is no memory for a line of the log.
  }
}

void SmtpBackend::hold_back(const smtp::Session& session) {
  if (!session.user.empty()) {
    return;
  }
  const std::string origin = dialogue::origin_of(session.peer);
  house_.guesses.add(origin);
  if (const auto delay = house_.guesses.delay(origin); delay > delay.zero()) {
    (void)house_.going_down.wait(delay);
  }
}

std::unique_ptr<smtp::Data> SmtpBackend::data(const smtp::Session& session, const smtp::Envelope& envelope) {
  try {
    if (auto refused = sending_.data(session, envelope.recipients.size())) {
      throw smtp::Error(*std::move(refused));
    }
  } catch (const store::Error& error) {
    throw smtp::Error(reply_for(error));
  } catch (const sql::Error& error) {
    throw smtp::Error(reply_for(error));
  }
  return std::make_unique<Intake>(house_, rules_, visits_, session, envelope, destinations_, milters(session),
                                  submitter());
}

SessionMilters* SmtpBackend::milters(const smtp::Session& session) {
  if (rules_.milters.filters.empty() || session.kind != smtp::Kind::mx || trusted_) {
    return nullptr;
  }
  if (milters_ == nullptr) {
    milters_ = std::make_unique<SessionMilters>(rules_.milters);
  }
  return milters_.get();
}

void SmtpBackend::changed(const smtp::Session& session) noexcept {
  if (teller_ == nullptr) {
    return;
  }
  try {
    teller_->tell(session, session.helo,
                  session.helo.empty()   ? "connected"
                  : session.user.empty() ? "greeted"
                                         : "authenticated");
  } catch (const std::exception&) {  // no memory
  }
}

void SmtpBackend::reset(const smtp::Session&) noexcept {
  if (milters_ != nullptr) {
    milters_->reset();
  }
  destinations_.clear();
  sending_.reset();
  trusted_.reset();
  busy_ = false;
}

}  // namespace posthouse::server
