// The commands of the AUTHORIZATION state: USER and PASS (RFC 1939 section 7), AUTH (RFC 5034), STLS (RFC 2595).
#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/pop3/server/server_session.h"
#include "posthouse/sasl/server_exchange.h"

namespace posthouse::pop3 {

bool ServerSession::may_log_in() {
  if (session_.tls || options_.insecure_auth) {
    return true;
  }
  bad_command(options_.tls ? "-ERR log-in needs TLS: STLS first" : "-ERR log-in needs TLS");
  return false;
}

// Any name is taken, so that USER tells nobody which names exist (RFC 1939 section 13).
void ServerSession::user(std::string_view arguments) {
  if (!may_log_in()) {
    return;
  }
  const std::string_view name = trim(arguments);
  if (name.empty()) {
    return bad_command("-ERR USER takes a name");
  }
  user_ = name;
  reply("+OK now the password");
}

// All that stands behind "PASS " is the password, blanks too (RFC 1939 section 7).
void ServerSession::pass(std::string_view arguments) {
  if (!may_log_in()) {
    return;
  }
  if (user_.empty()) {
    return bad_command("-ERR USER first");
  }
  const std::string name = std::exchange(user_, {});
  log_in("USER", name, std::string(arguments));
}

void ServerSession::auth(std::string_view arguments) {
  if (!may_log_in()) {
    return;
  }
  const std::string_view mechanism = take_word(arguments);
  auto exchange = sasl::ServerExchange::create(mechanism);
  if (!exchange) {
    return bad_command("-ERR the mechanisms are PLAIN and LOGIN");
  }
  const std::string_view initial = trim(arguments);
  auto outcome = exchange->begin(initial.empty() ? std::nullopt : std::optional(initial));
  while (outcome == sasl::Outcome::challenge) {
    reply("+ " + exchange->challenge());
    switch (read_line(max_sasl_line)) {
      case Line::end:
        over(SessionEnd::disconnected);
      case Line::too_long:
        outcome = sasl::Outcome::malformed;
        break;
      case Line::whole:
        outcome = exchange->step(line_);
        break;
    }
    trace(net::Speaker::client, line_ == "*" ? "*" : "****");
  }
  std::string().swap(line_);
  if (outcome == sasl::Outcome::cancelled) {
    return bad_command("-ERR cancelled");
  }
  if (outcome == sasl::Outcome::malformed) {
    return bad_command("-ERR that is no answer of this mechanism");
  }
  const sasl::Credentials credentials = std::move(exchange->credentials());
  if (!credentials.authzid.empty() && credentials.authzid != credentials.authcid) {
    return log_in_failed("-ERR [AUTH] nobody may act as another here");
  }
  log_in(credentials.mechanism, credentials.authcid, credentials.password);
}

void ServerSession::log_in(std::string mechanism, const std::string& user, const std::string& password) {
  OpenResult opened = OpenStatus::unavailable;
  try {
    opened = backend_.open(session_, user, password);
  } catch (const std::exception& error) {
    note(error);
  }
  switch (opened.status) {
    case OpenStatus::auth_failed:
      return log_in_failed("-ERR [AUTH] unknown user or wrong password");
    case OpenStatus::in_use:
      return reply("-ERR [IN-USE] another session has this maildrop open");
    case OpenStatus::unavailable:
      return reply("-ERR [SYS/TEMP] the maildrop cannot be opened now, try again later");
    case OpenStatus::opened:
      break;
  }
  std::size_t count = 0;
  std::uint64_t octets = 0;
  try {
    count = opened.maildrop->count();
    for (std::size_t index = 0; index < count; ++index) {
      octets += opened.maildrop->size(index);
    }
  } catch (const std::exception& error) {
    note(error);
    return reply("-ERR [SYS/TEMP] the maildrop cannot be opened now, try again later");
  }
  maildrop_ = std::move(opened.maildrop);
  count_ = count;
  octets_ = octets;
  summary_.user = session_.user = user;
  session_.mechanism = std::move(mechanism);
  reply("+OK maildrop has " + std::to_string(count_) + " messages, " + std::to_string(octets_) + " octets");
}

// Who guesses waits, parked, longer each time; then the connection is closed.
void ServerSession::log_in_failed(std::string_view status_line) {
  const std::size_t failures = ++summary_.auth_failures;
  flush();
  try {
    const auto doublings = std::min<std::size_t>(failures - 1, 6);
    if (options_.auth_delay.count() > 0) {
      net::sleep_for(options_.auth_delay * (std::int64_t{1} << doublings));
    }
  } catch (const net::Error& error) {
    connection_failed(error);
  }
  reply(status_line);
  if (failures < options_.max_auth_failures) {
    return;
  }
  flush();
  over(SessionEnd::refused);
}

// RFC 2595 section 4. Nothing said before TLS counts: a name given is forgotten, and the stream drops what is buffered.
void ServerSession::stls(std::string_view) {
  if (session_.tls) {
    return bad_command("-ERR TLS is already on");
  }
  if (!options_.tls) {
    return bad_command("-ERR no TLS here");
  }
  reply("+OK begin TLS");
  flush();
  user_.clear();
  start_tls();
}

void ServerSession::start_tls() {
  try {
    stream_.start_tls_server(options_.tls.value(), login_deadline_);
  } catch (const net::Error& error) {
    connection_failed(error);
  }
  session_.tls = true;
  trace(net::Speaker::note, "TLS from here on");
}

}  // namespace posthouse::pop3
