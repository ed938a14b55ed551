#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/smtp/server/server_session.h"

namespace posthouse::smtp {

// RFC 4954 section 4.
void ServerSession::log_in(std::string_view argument) {
  if (session_.kind != Kind::submission) {
    return fault("502 5.5.1 There is no log-in here; users send by submission");
  }
  if (!session_.esmtp) {
    return fault("503 5.5.1 EHLO first");
  }
  if (!session_.user.empty()) {
    return fault("503 5.5.1 You are logged in already");
  }
  if (in_transaction_) {
    return fault("503 5.5.1 Not in the middle of a transaction");
  }
  if (!may_log_in()) {
    return fault("538 5.7.11 No log-in without TLS: STARTTLS first");
  }
  const std::string mechanism(take_word(argument));
  if (mechanism.empty()) {
    return fault("501 5.5.4 Syntax: AUTH mechanism [initial-response]");
  }
  const auto initial = argument.empty() ? std::nullopt : std::optional<std::string_view>(argument);
  auto credentials = exchange(mechanism, initial);
  if (credentials) {
    check(std::move(*credentials));
  }
}

/// Leads the exchange; when it comes to nothing, the client has been told.
std::optional<sasl::Credentials> ServerSession::exchange(std::string_view mechanism,
                                                         std::optional<std::string_view> initial) {
  auto exchange = sasl::ServerExchange::create(mechanism);
  if (!exchange) {
    fault("504 5.5.4 Unknown mechanism");
    return std::nullopt;
  }
  sasl::Outcome outcome = exchange->begin(initial);
  while (outcome == sasl::Outcome::challenge) {
    end_line();
    say("334 " + exchange->challenge());
    const Line line = read_line(max_auth_line);
    if (line.state == LineState::bare_lf) {
      end(SessionEnd::refused, "500 5.5.2 Lines end in CR LF here; a bare LF was received, closing the connection",
          "bare LF in a log-in");
    }
    show(line.text == "*" ? "*" : "***");
    if (line.state == LineState::too_long) {
      fault("500 5.5.6 Response too long");
      return std::nullopt;
    }
    outcome = exchange->step(line.text);
  }
  if (outcome == sasl::Outcome::done) {
    return std::move(exchange->credentials());
  }
  fault(outcome == sasl::Outcome::cancelled ? "501 5.7.0 Log-in cancelled" : "501 5.5.2 Malformed response");
  return std::nullopt;
}

void ServerSession::check(sasl::Credentials credentials) {
  std::optional<std::string> user;
  const Reply reply = ask(
      [&]() -> Reply {
        user = backend_.authenticate(session_, credentials);
        return ok();
      },
      {454, "4.7.0", "Log-in is out of order, please try again later"});
  std::fill(credentials.password.begin(), credentials.password.end(), '\0');
  if (!reply.positive()) {
    return refusal(reply);
  }
  if (user && !user->empty()) {
    session_.user = std::move(*user);
    return say("235 2.7.0 Welcome");
  }
  const std::size_t failures = ++summary_.auth_failures;
  if (options_.auth_delay > net::Duration::zero()) {
    net::sleep_for(options_.auth_delay * (1 << std::min<std::size_t>(failures - 1, 5)));
  }
  if (failures >= options_.max_auth_failures) {
    end(SessionEnd::refused, "421 4.7.0 Too many failed log-ins, closing the connection", "too many failed log-ins");
  }
  say("535 5.7.8 Wrong name or password");
}

}  // namespace posthouse::smtp
