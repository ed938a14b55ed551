#include "posthouse/server/smtp/smtp_backend.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/origin.h"
#include "posthouse/net/fiber.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/smtp/intake.h"

namespace posthouse::server {
namespace {

smtp::Reply refused(int code, const char* enhanced, std::string text) {
  return {code, enhanced, std::move(text)};
}

std::string in_brackets(std::string_view address) {
  return "<" + printable(address, 320) + ">";
}

}  // namespace

smtp::Reply SmtpBackend::mail(const smtp::Session& session, const smtp::Envelope& envelope) {
  destinations_.clear();
  if (session.kind == smtp::Kind::submission) {
    if (session.user.empty()) {
      return refused(530, "5.7.0", "Log in first");
    }
    // The null reverse-path is for the reports that mail programs send themselves (RFC 8098 section 3).
    const store::Account account{.id = session.user_id, .address = session.user};
    if (!envelope.reverse_path.empty() && !house_.directory->may_send_as(account, envelope.reverse_path)) {
      return refused(553, "5.7.1", in_brackets(envelope.reverse_path) + " is not an address of " + account.address);
    }
  }
  if (session.user.empty() && rules_.refuse_own_senders && house_.directory->is_local(envelope.reverse_path)) {
    log().info("refused own sender from={} peer={}", shown(envelope.reverse_path), session.peer.to_string());
    return refused(550, "5.7.1", in_brackets(envelope.reverse_path) + " is of this house; its users log in to send");
  }
  if (!house_.store->has_room(rules_.free_space)) {
    log().error("refused mail from={} peer={} cause=\"less than {} octets are free on the disk\"",
                shown(envelope.reverse_path), session.peer.to_string(), rules_.free_space);
    return refused(452, "4.3.1", "There is no space left; try again later");
  }
  busy_ = true;
  return smtp::ok();
}

smtp::Reply SmtpBackend::recipient(const smtp::Session& session, const smtp::Envelope& envelope,
                                   const std::string& forward_path) {
  using Status = store::Resolution::Status;
  const store::Resolution resolution = house_.directory->resolve(forward_path);
  switch (resolution.status) {
    case Status::ok:
      destinations_.add_local(resolution, forward_path);
      return smtp::ok();
    case Status::no_such_domain:
      if (session.kind == smtp::Kind::submission) {
        if (queue::domain_of(forward_path).empty()) {
          return refused(550, "5.1.1", "There is no " + in_brackets(forward_path));
        }
        destinations_.add_remote(forward_path);
        return smtp::ok();
      }
      log().info("refused relay from={} to={} peer={}", shown(envelope.reverse_path), shown(forward_path),
                 session.peer.to_string());
      return refused(550, "5.7.1", "This server does not relay; " + in_brackets(forward_path) + " is not here");
    case Status::no_such_user:
      hold_back(session);
      return refused(550, "5.1.1", "There is no " + in_brackets(forward_path) + " here");
    case Status::disabled:
      return refused(550, "5.2.1", in_brackets(forward_path) + " takes no mail");
    case Status::loop:
      return refused(550, "5.4.6", "The alias " + in_brackets(forward_path) + " goes round in a circle");
  }
  return refused(451, "4.3.0", "This cannot be told now");
}

void SmtpBackend::hold_back(const smtp::Session& session) {
  if (!session.user.empty()) {
    return;
  }
  const std::string origin = dialogue::origin_of(session.peer);
  house_.guesses.add(origin);
  const net::Deadline end = house_.guesses.delay(origin);
  while (!end.expired() && !house_.stopping) {
    net::sleep_for(std::min<net::Duration>(end.remaining(), std::chrono::milliseconds(100)));
  }
}

std::unique_ptr<smtp::Data> SmtpBackend::data(const smtp::Session& session, const smtp::Envelope& envelope) {
  return std::make_unique<Intake>(house_, rules_, session, envelope, destinations_);
}

void SmtpBackend::reset(const smtp::Session&) noexcept {
  destinations_.clear();
  busy_ = false;
}

}  // namespace posthouse::server
