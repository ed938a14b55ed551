#include "posthouse/server/account_verifier.h"

#include <optional>
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
    log().warn("login failed peer={} protocol={} user={} mechanism={}", from.peer, from.protocol,
               shown(attempt.authcid), attempt.mechanism);
    return why;
  };
  // RFC 4616: acting for somebody else is for the proxies of other houses.
  if (!attempt.authzid.empty() && !same_user(attempt.authzid, attempt.authcid)) {
    return denied(sasl::Denial::not_as_other);
  }
  const auto* password = std::get_if<sasl::Password>(&attempt.evidence);
  if (password == nullptr) {
    return denied(sasl::Denial::wrong);
  }
  std::optional<store::Account> account;
  try {
    account = store_->accounts().authenticate(
        attempt.authcid, password->text,
        {.from = from.origin, .before_hashing = [&] { wait_for_penalty(from); }, .left = from.left});
  } catch (const std::exception& error) {
    log_bounded(spdlog::level::err, "login impossible", "peer={} protocol={} user={} error={}", from.peer,
                from.protocol, shown(attempt.authcid), shown(error.what()));
    throw;
  }
  if (!account) {
    penalties_.add(from.origin);
    return denied(sasl::Denial::wrong);
  }
  log().info("login peer={} protocol={} user={} tls={} mechanism={}", from.peer, from.protocol, shown(account->address),
             from.tls.empty() ? "none" : from.tls, attempt.mechanism);
  return sasl::Verdict(account->address, account->id, account->password_stamp);
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
