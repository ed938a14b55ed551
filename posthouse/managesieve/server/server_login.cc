// Log-in and TLS: AUTHENTICATE, STARTTLS, UNAUTHENTICATE, and the commands of any state (RFC 5804 sections 2.1 to 2.4,
// 2.13 and 2.14).
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/managesieve/server/server_session.h"
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::managesieve {

dialogue::LogInState ServerSession::log_in_state() const noexcept {
  return {.logged_in = scripts_ != nullptr,
          .tls = session_.tls.has_value(),
          .tls_available = options_.tls.has_value(),
          .insecure_allowed = options_.insecure_auth};
}

const sasl::Context& ServerSession::log_in_context() {
  if (!log_in_context_) {
    log_in_context_ = dialogue::context_of(stream_, session_.tls, "managesieve", options_.mechanisms);
  }
  return *log_in_context_;
}

// RFC 5804 section 1.7.
void ServerSession::say_capabilities() {
  std::string lines;
  const auto add = [&](std::string_view name, std::optional<std::string_view> value) {
    lines.append("\"").append(name).append("\"");
    if (value) {
      lines += ' ';
      append_string(lines, *value, Side::server);
    }
    lines += "\r\n";
  };
  const std::string extensions = backend_.extensions();
  add("IMPLEMENTATION", "Posthouse");
  add("SIEVE", extensions);
  add("SASL", dialogue::mechanisms_now(log_in_state(), verifier_, log_in_context()));
  if (!scripts_ && !session_.tls && options_.tls) {
    add("STARTTLS", std::nullopt);
  }
  if (const std::string all = " " + extensions + " "; all.find(" enotify ") != std::string::npos) {
    add("NOTIFY", "mailto");
  }
  const std::size_t redirects = scripts_ ? scripts_->options().limits.redirects : sieve::Limits().redirects;
  add("MAXREDIRECTS", std::to_string(redirects));
  add("LANGUAGE", "en");
  if (scripts_) {
    add("OWNER", session_.user);
  }
  add("UNAUTHENTICATE", std::nullopt);
  add("VERSION", "1.0");
  dialogue_.say_lines(lines);
}

void ServerSession::capability(Arguments&) {
  say_capabilities();
  ok();
}

void ServerSession::noop(Arguments& arguments) {
  if (arguments.empty()) {
    return ok("done");
  }
  ok("done", "TAG " + as_string(arguments.front().text, Side::server));
}

void ServerSession::logout(Arguments&) {
  ok("bye");
  flush();
  over(SessionEnd::logout);
}

void ServerSession::unauthenticate(Arguments&) {
  scripts_.reset();
  session_.user.clear();
  session_.user_id = 0;
  session_.mechanism.clear();
  login_deadline_ = net::Deadline::after(options_.timeouts.log_in);
  backend_.changed(session_);
  ok();
}

// Nothing said before TLS counts: the stream drops what is buffered. Behind the handshake the capabilities are said anew,
// unasked (RFC 5804 section 2.2).
void ServerSession::starttls(Arguments&) {
  if (session_.tls) {
    return bad("TLS is already on");
  }
  if (!options_.tls) {
    return bad("there is no TLS here");
  }
  ok("begin TLS");
  flush();
  start_tls();
  say_capabilities();
  ok("TLS is on");
}

void ServerSession::start_tls() {
  reader_.reset();
  try {
    dialogue_.start_tls(options_.tls.value(), net::Deadline::earlier(login_deadline_, options_.timeouts.tls));
  } catch (const net::Error& error) {
    summary_.tls_failed = true;
    connection_failed(error);
  }
  session_.tls = stream_.tls();
  backend_.changed(session_);
  log_in_context_.reset();
}

// False when nobody may log in now, which has been answered.
bool ServerSession::may_log_in() {
  switch (dialogue::may_log_in(log_in_state())) {
    case dialogue::LogIn::allowed:
      return true;
    case dialogue::LogIn::tls_first:
      bad("log-in needs TLS: STARTTLS first", "ENCRYPT-NEEDED");
      return false;
    default:
      bad("log-in needs TLS", "ENCRYPT-NEEDED");
      return false;
  }
}

void ServerSession::authenticate(Arguments& arguments) {
  if (!may_log_in()) {
    return;
  }
  const std::string mechanism = to_upper(arguments.front().text);
  auto server = sasl::make_server_mechanism(mechanism, verifier_, log_in_context());
  if (!server) {
    const bool known = sasl::is_mechanism(mechanism);
    return bad("the mechanisms are " + dialogue::mechanisms_now(log_in_state(), verifier_, log_in_context()),
               known ? "AUTH-TOO-WEAK" : "");
  }
  dialogue::ServerExchange exchange(std::move(server));
  std::string data;
  auto outcome = exchange.begin(arguments.size() > 1 ? std::optional<std::string_view>(arguments[1].text)
                                                     : std::optional<std::string_view>());
  while (outcome == dialogue::Outcome::challenge) {
    if (exchange.concluding()) {
      data = exchange.challenge();
      outcome = exchange.step("");
      continue;
    }
    dialogue_.say_lines(as_string(exchange.challenge(), Side::server) + "\r\n");
    const SentenceState state = read_sentence();
    const bool answered =
        state == SentenceState::complete && reader_.tokens().size() == 1 && reader_.tokens().front().is_string();
    if (!answered) {
      dialogue_.tracer().response("");
      return bad("that is no answer of this mechanism");
    }
    dialogue_.tracer().response(reader_.tokens().front().text);
    outcome = exchange.step(reader_.tokens().front().text);
  }
  reader_.tokens() = {};
  if (!exchange.trouble().empty()) {
    note(exchange.trouble());
  }
  switch (outcome) {
    case dialogue::Outcome::done:
      return judge(exchange.verdict(), mechanism, data);
    case dialogue::Outcome::cancelled:
      return bad("cancelled");
    default:
      return bad("that is no answer of this mechanism");
  }
}

// `data`: what the mechanism says to the client with success, in base64.
void ServerSession::judge(const sasl::Verdict& verdict, std::string mechanism, const std::string& data) {
  switch (verdict.denial) {
    case sasl::Denial::none:
      break;
    case sasl::Denial::wrong:
      return log_in_failed("unknown user or wrong password");
    case sasl::Denial::not_as_other:
      return log_in_failed("nobody may act as another here");
    case sasl::Denial::unavailable:
      return no("nobody can log in now, try again later", "TRYLATER");
  }
  session_.user = verdict.user;
  session_.user_id = verdict.id;
  session_.mechanism = std::move(mechanism);
  OpenResult opened;
  try {
    opened = backend_.open(session_);
  } catch (const std::exception& error) {
    note(error.what());
  }
  if (!opened.scripts) {
    session_.user.clear();
    session_.user_id = 0;
    session_.mechanism.clear();
    return opened.referral.empty() ? no("the scripts cannot be read now, try again later", "TRYLATER")
                                   : bye(SessionEnd::refused, "the scripts are there",
                                         "REFERRAL " + as_string(opened.referral, Side::server));
  }
  scripts_ = std::move(opened.scripts);
  summary_.user = session_.user;
  backend_.changed(session_);
  log_in_.begin(verdict);
  ok("logged in", data.empty() ? "" : "SASL " + as_string(data, Side::server));
}

// Whoever guesses waits, longer each time; then the connection is closed.
void ServerSession::log_in_failed(std::string_view text) {
  flush();
  try {
    failed_log_ins_.add();
  } catch (const net::Error& error) {
    connection_failed(error);
  }
  if (failed_log_ins_.too_many()) {
    bye(SessionEnd::refused, text);
  }
  no(text);
}

}  // namespace posthouse::managesieve
