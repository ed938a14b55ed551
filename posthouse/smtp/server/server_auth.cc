#include <optional>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/sasl/mechanisms.h"
#include "posthouse/smtp/server/server_receiver.h"

namespace posthouse::smtp {
namespace {

std::string_view reply_to(dialogue::LogIn refusal) {
  using dialogue::LogIn;
  switch (refusal) {
    case LogIn::not_offered:
      return "502 5.5.1 There is no log-in here; users send by submission";
    case LogIn::greet_first:
      return "503 5.5.1 EHLO first";
    case LogIn::once_only:
      return "503 5.5.1 You are logged in already";
    case LogIn::not_now:
      return "503 5.5.1 Not in the middle of a transaction";
    default:
      return "538 5.7.11 No log-in without TLS: STARTTLS first";
  }
}

}  // namespace

dialogue::LogInState ServerSession::log_in_state() const noexcept {
  return {.offered = session_.kind == Kind::submission && verifier_ != nullptr,
          .greeted = knows_extensions_,
          .logged_in = !session_.user.empty(),
          .busy = in_transaction_,
          .tls = session_.tls.has_value(),
          .tls_available = options_.tls.has_value(),
          .insecure_allowed = options_.insecure_auth};
}

const sasl::Context& ServerSession::log_in_context() {
  if (!log_in_context_) {
    log_in_context_ = dialogue::context_of(stream_, session_.tls, "smtp", options_.mechanisms);
  }
  return *log_in_context_;
}

// RFC 4954 section 4.
void ServerSession::log_in(std::string_view argument) {
  const dialogue::LogIn may = dialogue::may_log_in(log_in_state());
  if (may != dialogue::LogIn::allowed) {
    return fault(reply_to(may));
  }
  const std::string_view mechanism = take_word(argument);
  if (mechanism.empty()) {
    return fault("501 5.5.4 Syntax: AUTH mechanism [initial-response]");
  }
  auto server = sasl::make_server_mechanism(mechanism, *verifier_, log_in_context());
  if (!server) {
    return fault("504 5.5.4 Unknown mechanism");
  }
  bool too_long = false;
  dialogue::ServerExchange exchange(std::move(server));
  const auto initial = argument.empty() ? std::nullopt : std::optional<std::string_view>(argument);
  const dialogue::Outcome outcome = exchange.lead(initial, [&](const std::string& challenge) {
    dialogue_.end_line();
    say("334 " + challenge);
    const dialogue::Line line = read_line();
    if (line.state == dialogue::LineState::bare_lf) {
      refuse_bare_lf();
    }
    too_long = line.state == dialogue::LineState::too_long;
    dialogue_.tracer().response(line.text);
    return line;
  });
  switch (outcome) {
    case dialogue::Outcome::done:
      return judge(exchange.verdict());
    case dialogue::Outcome::cancelled:
      return fault("501 5.7.0 Log-in cancelled");
    default:
      return fault(too_long ? "500 5.5.6 Response too long" : "501 5.5.2 Malformed response");
  }
}

void ServerSession::judge(const sasl::Verdict& verdict) {
  if (verdict) {
    session_.user = verdict.user;
    session_.user_id = verdict.id;
    backend_.changed(session_);
    log_in_ = verdict;
    return say("235 2.7.0 Welcome");
  }
  if (verdict.denial == sasl::Denial::unavailable) {
    return refusal({454, "4.7.0", "Log-in is out of order, please try again later"});
  }
  failed_log_ins_.add();
  if (failed_log_ins_.too_many()) {
    end(SessionEnd::refused, "421 4.7.0 Too many failed log-ins, closing the connection", "too many failed log-ins");
  }
  say("535 5.7.8 Wrong name or password");
}

}  // namespace posthouse::smtp
