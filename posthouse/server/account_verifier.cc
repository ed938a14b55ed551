#include "posthouse/server/account_verifier.h"

#include <optional>
#include <utility>
#include <variant>

#include "posthouse/base/text.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

/// True when both are the log-in name of one account.
bool same_user(std::string_view a, std::string_view b) {
  const auto normal = store::normalize_address(a);
  return iequals(a, b) || (normal && normal == store::normalize_address(b));
}

void log_failed_log_in(const sasl::Context& from, std::string_view mechanism, std::string_view user) {
  log().warn("login failed peer={} protocol={} user={} mechanism={}", from.peer, from.protocol, shown(user), mechanism);
}

/// Whether whoever has logged in by that password may use the protocol. Scripts are changed by those who may do all.
bool may_use(const store::UsedAppPassword& password, std::string_view protocol) {
  if (protocol == "smtp") {
    return password.may_send;
  }
  return password.may_read && (protocol == "imap" || protocol == "pop3" || password.may_send);
}

/// Runs `f`; what it throws is logged and passed on.
template <class F>
auto told_of_log_in_trouble(const sasl::Context& from, std::string_view user, F&& f) {
  try {
    return f();
  } catch (const std::exception& error) {
    log_bounded(spdlog::level::err, "login impossible", "peer={} protocol={} user={} error={}", from.peer,
                from.protocol, shown(user), shown(error.what()));
    throw;
  }
}

}  // namespace

void AccountVerifier::set_longest_penalty(fiber::Duration most) {
  penalties_.set_rules({.most = most});
}

void AccountVerifier::wait_for_penalty(const sasl::Context& from) {
  if (stopping_.wait(penalties_.delay(from.origin))) {
    throw store::Error(store::Errc::stopped, "the server is stopping");
  }
}

sasl::Verdict AccountVerifier::verify(const sasl::Attempt& attempt) {
  const sasl::Context& from = attempt.context;
  const auto denied = [&](sasl::Denial why) {
    log_failed_log_in(from, attempt.mechanism, attempt.authcid);
    return why;
  };
  const bool certified = std::holds_alternative<sasl::ProofByCertificate>(attempt.evidence);
  // RFC 4616: acting for somebody else is for the proxies of other houses.
  if (!certified && !attempt.authzid.empty() && !same_user(attempt.authzid, attempt.authcid)) {
    return denied(sasl::Denial::not_as_other);
  }
  const std::optional<store::Account> account =
      told_of_log_in_trouble(from, attempt.authcid, [&] { return account_of(attempt); });
  if (!account && certified) {
    return denied(attempt.authzid.empty() ? sasl::Denial::wrong : sasl::Denial::not_as_other);
  }
  if (!account) {
    penalties_.add(from.origin);
    return denied(sasl::Denial::wrong);
  }
  const std::string app = account->app_password ? " app_password=" + shown(account->app_password->name) : "";
  if (account->app_password && !may_use(*account->app_password, from.protocol)) {
    log().warn("login failed peer={} protocol={} user={} mechanism={}{} cause=\"it may not be used here\"", from.peer,
               from.protocol, shown(account->address), attempt.mechanism, app);
    return sasl::Denial::wrong;
  }
  log().info("login peer={} protocol={} user={} tls={} mechanism={}{}", from.peer, from.protocol,
             shown(account->address), from.tls.empty() ? "none" : from.tls, attempt.mechanism, app);
  if (account->app_password) {
    note_app_password(from, *account->app_password);
  }
  return sasl::Verdict(account->address, account->id, account->password_stamp);
}

std::optional<store::Account> AccountVerifier::account_of(const sasl::Attempt& attempt) {
  store::Accounts& accounts = store_->accounts();
  if (const auto* password = std::get_if<sasl::Password>(&attempt.evidence)) {
    auto account = account_of_password(attempt, password->text);
    if (account && account->wants_scram_keys) {
      make_keys(*account, password->text);
    }
    return account;
  }
  if (const auto* proof = std::get_if<sasl::ProofByKeys>(&attempt.evidence)) {
    return accounts.account_of_keys(attempt.authcid, proof->hash, proof->stored_key);
  }
  return std::holds_alternative<sasl::ProofByCertificate>(attempt.evidence)
             ? certified_account(attempt.context, attempt.authzid)
             : std::nullopt;
}

/// Whoever guesses must not learn by an answer that comes at once which guess is right, and leave with the others: leaving
/// counts as a fault, and from so many on what is remembered as right waits, too.
std::optional<store::Account> AccountVerifier::account_of_password(const sasl::Attempt& attempt,
                                                                   std::string_view password) {
  constexpr unsigned guesses = 10;
  const sasl::Context& from = attempt.context;
  bool waited = false;
  const auto wait_once = [&] {
    if (!std::exchange(waited, true)) {
      wait_for_penalty(from);
    }
  };
  if (penalties_.faults(from.origin) >= guesses) {
    wait_once();
  }
  try {
    return store_->accounts().authenticate(attempt.authcid, password,
                                           {.from = from.origin, .before_hashing = wait_once, .left = from.left});
  } catch (const store::Error& error) {
    if (error.errc() == store::Errc::abandoned) {
      penalties_.add(from.origin);
    }
    throw;
  }
}

/// Of the accounts that the certificate names, the first one or, where the client says which, that one.
std::optional<store::Account> AccountVerifier::certified_account(const sasl::Context& from, std::string_view authzid) {
  for (const std::string& address : from.certified) {
    if (!authzid.empty() && !same_user(address, authzid)) {
      continue;
    }
    if (auto account = store_->accounts().find_for_log_in(address)) {
      return account;
    }
  }
  return std::nullopt;
}

bool AccountVerifier::takes_certificate(const sasl::Context& from) noexcept {
  try {
    return certified_account(from, {}).has_value();
  } catch (const std::exception& error) {
    log_bounded(spdlog::level::err, "login impossible", "peer={} protocol={} error={}", from.peer, from.protocol,
                shown(error.what()));
    return false;
  }
}

void AccountVerifier::note_app_password(const sasl::Context& from, const store::UsedAppPassword& used) {
  if (log_ins_ != nullptr) {
    log_ins_->note_app_password({.id = used.id,
                                 .protocol = from.protocol,
                                 .peer = net::Address::try_parse(from.peer).value_or(net::Address()).ip(),
                                 .at = std::chrono::time_point_cast<std::chrono::microseconds>(fiber::wall_now())});
  }
}

/// A log-in is good without: they are made at the next one.
void AccountVerifier::make_keys(const store::Account& account, std::string_view password) {
  try {
    store_->accounts().make_scram_keys(account, password);
  } catch (const std::exception& error) {
    log_bounded(spdlog::level::warn, "keys not made", "user={} error={}", shown(account.address), shown(error.what()));
  }
}

void AccountVerifier::set_scram(ScramUse use) {
  if (use != ScramUse::on) {
    scram_offered_ = false;
  }
  store_->accounts().keep_scram_keys(use != ScramUse::off);
  scram_offered_ = use == ScramUse::on;
}

std::optional<sasl::ScramKeys> AccountVerifier::keys(const sasl::Context& from, std::string_view authcid,
                                                     sasl::ScramHash hash) {
  return told_of_log_in_trouble(from, authcid, [&] {
    wait_for_penalty(from);
    return store_->accounts().scram_keys(authcid, hash);
  });
}

void AccountVerifier::proof_failed(const sasl::Context& from, std::string_view mechanism, std::string_view authcid) {
  penalties_.add(from.origin);
  log_failed_log_in(from, mechanism, authcid);
}

bool AccountVerifier::holds(const sasl::Verdict& verdict) {
  const bool current = store_->accounts().is_current(verdict.id, verdict.stamp);
  if (!current) {
    log().info("login ended user={} reason=\"disabled, removed or another password\"", shown(verdict.user));
  }
  return current;
}

void AccountVerifier::stop() noexcept {
  stopping_.set();
  store_->accounts().stop_log_ins();
}

}  // namespace posthouse::server
