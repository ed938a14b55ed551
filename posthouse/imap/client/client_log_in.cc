#include <algorithm>
#include <memory>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/client_exchange.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t max_auth_line = 8'000;  // RFC 7162 section 4: a server takes 8,192 octets at least

// The mechanisms among the capabilities, a space between each two.
std::string offered_mechanisms(ClientSession& session) {
  constexpr std::string_view prefix = "AUTH=";
  std::string offered;
  for (const std::string& name : session.capabilities()) {
    if (name.size() > prefix.size() && iequals(std::string_view(name).substr(0, prefix.size()), prefix)) {
      offered += (offered.empty() ? "" : " ") + name.substr(prefix.size());
    }
  }
  return offered;
}

// Runs `how`, a log-in. What the server can do is forgotten then, unless it has told meanwhile.
template <class F>
void attempt_log_in(ClientSession& session, F&& how) {
  const std::vector<std::string> before = session.capabilities();
  session.forget_capabilities();
  try {
    how();
  } catch (...) {
    session.remember_capabilities(before);
    throw;
  }
}

void authenticate(ClientSession& session, std::unique_ptr<sasl::ClientMechanism> mechanism) {
  dialogue::ClientExchange exchange(std::move(mechanism), session.offers("SASL-IR") ? max_auth_line : 0);
  const std::string opening = exchange.opening("AUTHENTICATE");
  attempt_log_in(session, [&] {
    session.authenticate(opening, [&](std::string_view challenge) { return exchange.answer(challenge); });
  });
  if (!exchange.complete()) {
    session.stream().close();
    throw Error(Errc::auth_failed, "the IMAP server did not prove that it knows the password",
                {.connection_usable = false});
  }
}

// By the best way there is.
void log_in(ClientSession& session, const std::string& user, const std::string& password) {
  const std::string offered = offered_mechanisms(session);
  const auto mechanisms = dialogue::usable_mechanisms(offered, session.stream());
  const bool login_works = !session.supports("LOGINDISABLED");
  if (!mechanisms.empty()) {
    try {
      authenticate(session, dialogue::make_mechanism(mechanisms.front(), user, password, session.stream()));
      return;
    } catch (const Error& error) {
      // RFC 5530 has codes for wrong names and passwords; a refusal without one may be about the command.
      const bool about_command =
          error.errc() == Errc::auth_failed && error.response_code().empty() && error.connection_usable();
      if (!login_works || !about_command) {
        throw;
      }
    }
  }
  if (!login_works) {
    throw Error(Errc::no_mechanism,
                "the IMAP server offers no log-in known here (it has: " + printable(offered) + ", and LOGINDISABLED)");
  }
  attempt_log_in(session,
                 [&] { session.run(command::Login{user, password}, {}, Numbers::sequence, Errc::auth_failed); });
}

void enable(ClientSession& session) {
  if (session.options().enable.empty() || !session.offers("ENABLE")) {
    return;
  }
  command::Enable enable;
  for (const std::string& name : session.options().enable) {
    check_atom(name, "capability");
    if (session.supports(name) && !session.enabled(name)) {
      enable.capabilities.push_back(name);
    }
  }
  if (!enable.capabilities.empty()) {
    session.run(std::move(enable),
                [](response::Data& data) { return std::holds_alternative<response::Enabled>(data); });
  }
}

// A server that refuses is talked to as it is.
void compress(ClientSession& session) {
  if (!session.options().compress || session.compressed || !session.supports("COMPRESS=DEFLATE")) {
    return;
  }
  try {
    session.compress();
  } catch (const Error& error) {
    if (!error.connection_usable()) {
      throw;
    }
  }
}

}  // namespace

void settle(ClientSession& session) {
  compress(session);
  enable(session);
  if (!session.options().id.empty() && session.supports("ID")) {
    session.run(command::Id{session.options().id},
                [](response::Data& data) { return std::holds_alternative<response::Id>(data); });
  }
}

void Client::login(const std::string& user, const std::string& password) {
  const Turn turn(*session_);
  ClientSession& session = *session_;
  dialogue::require_one_line<Error>(user, "a user name", Errc::usage);
  dialogue::require_one_line<Error>(password, "a password", Errc::usage);
  if (session.logged_in) {
    throw Error(Errc::usage, "the client is logged in already");
  }
  if (!session.stream().is_tls() && !session.options().insecure_auth) {
    throw Error(Errc::insecure, "the password would go in clear text: use TLS, or allow it explicitly");
  }
  log_in(session, user, password);
  session.logged_in = true;
  settle(session);
}

void Client::login_external(const std::string& user) {
  const Turn turn(*session_);
  ClientSession& session = *session_;
  if (session.logged_in) {
    throw Error(Errc::usage, "the client is logged in already");
  }
  if (!session.supports("AUTH=EXTERNAL")) {
    throw Error(Errc::no_mechanism, "the IMAP server offers no log-in by certificate");
  }
  authenticate(session, dialogue::make_external(user));
  session.logged_in = true;
  settle(session);
}

}  // namespace posthouse::imap
