// The commands of the AUTHORIZATION state: USER and PASS (RFC 1939 section 7), AUTH (RFC 5034), STLS (RFC 2595).
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/pop3/server/server_session.h"
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::pop3 {
namespace {

/// "A B C" as "A, B and C".
std::string enumerated(std::string_view words) {
  std::string out(take_word(words));
  while (!words.empty()) {
    const std::string_view word = take_word(words);
    out.append(words.empty() ? " and " : ", ").append(word);
  }
  return out;
}

}  // namespace

dialogue::LogInState ServerSession::log_in_state() const noexcept {
  return {.logged_in = maildrop_ != nullptr,
          .tls = session_.tls.has_value(),
          .tls_available = options_.tls.has_value(),
          .insecure_allowed = options_.insecure_auth};
}

const sasl::Context& ServerSession::log_in_context() {
  if (!log_in_context_) {
    log_in_context_ = dialogue::context_of(stream_, session_.tls, "pop3", options_.mechanisms);
  }
  return *log_in_context_;
}

// False when nobody may log in now, which has been answered.
bool ServerSession::may_log_in() {
  switch (dialogue::may_log_in(log_in_state())) {
    case dialogue::LogIn::allowed:
      return true;
    case dialogue::LogIn::tls_first:
      bad_command(text::tls_first);
      return false;
    default:
      bad_command(text::needs_tls);
      return false;
  }
}

// The same for USER and PASS.
bool ServerSession::may_say_password() {
  if (!may_log_in()) {
    return false;
  }
  if (!sasl::takes_passwords(log_in_context())) {
    bad_command(text::only_auth);
    return false;
  }
  return true;
}

// Any name is taken, so that USER tells nobody which names exist (RFC 1939 section 13).
void ServerSession::user(std::string_view arguments) {
  if (!may_say_password()) {
    return;
  }
  const std::string_view name = trim(arguments);
  if (name.empty()) {
    return bad_command(text::user_takes_name);
  }
  user_ = name;
  reply(text::now_password);
}

// All that stands behind "PASS " is the password, blanks too (RFC 1939 section 7).
void ServerSession::pass(std::string_view arguments) {
  if (!may_say_password()) {
    return;
  }
  if (user_.empty()) {
    return bad_command(text::user_first);
  }
  const std::string name = std::exchange(user_, {});
  if (arguments.empty() || arguments.find('\0') != std::string_view::npos) {
    return log_in_failed(text::wrong_password);
  }
  std::string trouble;
  const sasl::Verdict verdict =
      dialogue::verify(verifier_, {log_in_context(), "USER", {}, name, sasl::Password{arguments}}, trouble);
  if (!trouble.empty()) {
    note(trouble);
  }
  judge(verdict, "USER");
}

void ServerSession::auth(std::string_view arguments) {
  if (!may_log_in()) {
    return;
  }
  const std::string mechanism = to_upper(take_word(arguments));
  auto server = sasl::make_server_mechanism(mechanism, verifier_, log_in_context());
  if (!server) {
    return bad_command(text::mechanisms_are,
                       enumerated(dialogue::mechanisms_now(log_in_state(), verifier_, log_in_context())));
  }
  const std::string_view initial = trim(arguments);
  dialogue::ServerExchange exchange(std::move(server));
  const auto outcome =
      exchange.lead(initial.empty() ? std::nullopt : std::optional(initial), [&](const std::string& challenge) {
        dialogue_.end_line();
        reply_line("+ " + challenge);
        const dialogue::Line line = read_line(dialogue::max_auth_line);
        dialogue_.tracer().response(line.text);
        return line;
      });
  switch (outcome) {
    case dialogue::Outcome::done:
      break;
    case dialogue::Outcome::cancelled:
      return bad_command(text::cancelled);
    default:
      return bad_command(text::no_answer);
  }
  if (!exchange.trouble().empty()) {
    note(exchange.trouble());
  }
  judge(exchange.verdict(), mechanism);
}

void ServerSession::judge(const sasl::Verdict& verdict, std::string mechanism) {
  switch (verdict.denial) {
    case sasl::Denial::none:
      break;
    case sasl::Denial::wrong:
      return log_in_failed(text::wrong_password);
    case sasl::Denial::not_as_other:
      return log_in_failed(text::not_as_other);
    case sasl::Denial::unavailable:
      return reply(text::cannot_open);
  }
  session_.user = verdict.user;
  session_.user_id = verdict.id;
  session_.mechanism = std::move(mechanism);
  open_maildrop();
  if (maildrop_) {
    summary_.user = session_.user;
    backend_.changed(session_);
    log_in_.begin(verdict);
    return;
  }
  session_.user.clear();
  session_.user_id = 0;
  session_.mechanism.clear();
}

void ServerSession::open_maildrop() {
  OpenResult opened = OpenStatus::unavailable;
  try {
    opened = backend_.open(session_);
  } catch (const std::exception& error) {
    note(error.what());
  }
  switch (opened.status) {
    case OpenStatus::too_soon:
      return reply(text::too_soon);
    case OpenStatus::in_use:
      return reply(text::in_use);
    case OpenStatus::unavailable:
      return reply(text::cannot_open);
    case OpenStatus::opened:
      break;
  }
  std::size_t count = 0;
  std::uint64_t octets = 0;
  try {
    count = opened.maildrop->count();
    octets = opened.maildrop->octets();
  } catch (const std::exception& error) {
    note(error.what());
    return reply(text::cannot_open);
  }
  maildrop_ = std::move(opened.maildrop);
  count_ = count;
  octets_ = octets;
  reply(text::maildrop_has, count_, octets_);
}

// Whoever guesses waits, longer each time; then the connection is closed.
void ServerSession::log_in_failed(const Text& status_line) {
  flush();
  try {
    failed_log_ins_.add();
  } catch (const net::Error& error) {
    connection_failed(error);
  }
  reply(status_line);
  if (!failed_log_ins_.too_many()) {
    return;
  }
  flush();
  over(SessionEnd::refused);
}

// RFC 2595 section 4. Nothing said before TLS counts: a name given is forgotten, and the stream drops what is buffered.
void ServerSession::stls(std::string_view) {
  if (session_.tls) {
    return bad_command(text::tls_on_already);
  }
  if (!options_.tls) {
    return bad_command(text::no_tls);
  }
  reply(text::begin_tls);
  flush();
  user_.clear();
  language_ = Language::en;
  session_.utf8 = false;
  start_tls();
}

void ServerSession::start_tls() {
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

}  // namespace posthouse::pop3
