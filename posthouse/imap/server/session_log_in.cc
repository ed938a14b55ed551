// Logging in and out: STARTTLS and LOGIN (RFC 9051 section 6.2), AUTHENTICATE with SASL-IR (RFC 4959), UNAUTHENTICATE
// (RFC 8437).
#include <exception>
#include <utility>

#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/server_session.h"
#include "posthouse/net/error.h"
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::imap {

dialogue::LogInState ServerSession::log_in_state() const noexcept {
  return {.logged_in = account_ != nullptr,
          .tls = session_.tls.has_value(),
          .tls_available = options_.tls.has_value(),
          .insecure_allowed = options_.insecure_auth};
}

const sasl::Context& ServerSession::log_in_context() {
  if (!log_in_context_) {
    log_in_context_ = dialogue::context_of(stream_, session_.tls, "imap", options_.mechanisms);
  }
  return *log_in_context_;
}

// An answer when nobody may log in now.
ServerSession::Answer ServerSession::may_log_in() const {
  switch (dialogue::may_log_in(log_in_state())) {
    case dialogue::LogIn::allowed:
      return std::nullopt;
    case dialogue::LogIn::tls_first:
      return no("PRIVACYREQUIRED", "Log-in needs TLS: STARTTLS first");
    default:
      return no("PRIVACYREQUIRED", "Log-in needs TLS");
  }
}

ServerSession::Answer ServerSession::run(command::Login& login) {
  if (const Answer refusal = may_log_in()) {
    return refusal;
  }
  if (!sasl::takes_passwords(log_in_context())) {
    return response::Status{response::Condition::no, {}, "Log in by AUTHENTICATE"};
  }
  if (login.user.empty() || login.password.empty()) {
    return log_in_failed("AUTHENTICATIONFAILED", "Unknown user or wrong password");
  }
  std::string trouble;
  const sasl::Verdict verdict =
      dialogue::verify(verifier_, {log_in_context(), "LOGIN", {}, login.user, sasl::Password{login.password}}, trouble);
  if (!trouble.empty()) {
    note(trouble);
  }
  return judge(verdict, "LOGIN");
}

ServerSession::Answer ServerSession::run(command::Authenticate& authenticate) {
  if (const Answer refusal = may_log_in()) {
    return refusal;
  }
  auto server = sasl::make_server_mechanism(authenticate.mechanism, verifier_, log_in_context());
  if (!server) {
    return response::Status{response::Condition::no, {}, "There is no such mechanism here"};
  }
  dialogue::ServerExchange exchange(std::move(server));
  const auto outcome = exchange.lead(authenticate.initial_response, [&](const std::string& challenge) {
    outlet_.proceed(challenge);
    const dialogue::Line line = read_answer(dialogue::max_auth_line);
    dialogue_.tracer().response(line.text);
    return line;
  });
  switch (outcome) {
    case dialogue::Outcome::done:
      break;
    case dialogue::Outcome::cancelled:
      return bad("Cancelled");
    default:
      return bad("That is no answer of this mechanism");
  }
  if (!exchange.trouble().empty()) {
    note(exchange.trouble());
  }
  return judge(exchange.verdict(), authenticate.mechanism);
}

response::Status ServerSession::judge(const sasl::Verdict& verdict, std::string mechanism) {
  switch (verdict.denial) {
    case sasl::Denial::none:
      break;
    case sasl::Denial::wrong:
      return log_in_failed("AUTHENTICATIONFAILED", "Unknown user or wrong password");
    case sasl::Denial::not_as_other:
      return log_in_failed("AUTHORIZATIONFAILED", "Nobody may act as another here");
    case sasl::Denial::unavailable:
      return no("UNAVAILABLE", "Nobody can log in now, try again later");
  }
  session_.user = verdict.user;
  session_.user_id = verdict.id;
  session_.mechanism = std::move(mechanism);
  try {
    account_ = backend_.open(session_);
  } catch (const std::exception& error) {
    note(error.what());
    session_.user.clear();
    session_.user_id = 0;
    session_.mechanism.clear();
    return no("UNAVAILABLE", "The mailboxes cannot be opened now, try again later");
  }
  summary_.user = session_.user;
  backend_.changed(session_);
  choose_capabilities();
  log_in_.begin(verdict);
  reader_.limits() = CommandLimits{};
  return {.code = ResponseCode{"CAPABILITY", capabilities_now()}, .text = "Logged in"};
}

// Whoever guesses waits, longer each time; then the connection is closed.
response::Status ServerSession::log_in_failed(std::string code, std::string text) {
  outlet_.flush();
  try {
    failed_log_ins_.add();
  } catch (const net::Error& error) {
    throw connection_failed(error);
  }
  response::Status answer = no(std::move(code), std::move(text));
  if (!failed_log_ins_.too_many()) {
    return answer;
  }
  outlet_.tagged(tag_, answer);
  bye("Too many failed log-ins");
  over(SessionEnd::refused);
}

// RFC 9051 section 6.2.1. Nothing said before TLS counts: the stream drops what is buffered, the reader what it holds.
ServerSession::Answer ServerSession::run(command::StartTls&) {
  if (session_.tls) {
    return bad("TLS is already on");
  }
  if (!options_.tls || compressed_) {  // TLS would come over what is compressed, and has to be below
    return bad("No TLS here");
  }
  outlet_.tagged(tag_, {.text = "Begin TLS"});
  outlet_.flush();
  start_tls();
  reader_.reset();
  session_.client_id.clear();
  client_name_.clear();
  choose_capabilities();
  return std::nullopt;
}

void ServerSession::start_tls() {
  try {
    dialogue_.start_tls(options_.tls.value(), net::Deadline::earlier(login_deadline_, options_.timeouts.tls));
  } catch (const net::Error& error) {
    summary_.tls_failed = true;
    throw connection_failed(error);
  }
  session_.tls = stream_.tls();
  backend_.changed(session_);
  log_in_context_.reset();
}

// Nothing of the one who was logged in may be left for the next.
ServerSession::Answer ServerSession::run(command::Unauthenticate&) {
  forget_log_in();
  return response::Status{.code = ResponseCode{"CAPABILITY", capabilities_now()}, .text = "Logged out of the account"};
}

}  // namespace posthouse::imap
