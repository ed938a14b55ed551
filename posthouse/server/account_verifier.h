#pragma once
// Who may log in to this house, for every protocol: the store's accounts. Private to this module.
#include <memory>
#include <utility>

#include "posthouse/fiber/sync.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/server/listen/penalties.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Checks passwords against the accounts (argon2id), and writes each attempt into the log. Verdict::user is the
/// account's address, Verdict::id its number. One for all sessions.
///
/// A host whose log-ins have failed waits before the next one is looked at, in whatever session and protocol, longer
/// each time; then passwords are checked in turns among hosts and accounts. A password that is remembered as right
/// waits for neither.
class AccountVerifier final : public sasl::Verifier {
 public:
  explicit AccountVerifier(std::shared_ptr<store::Store> store) : store_(std::move(store)) {}

  /// The longest wait of a host whose log-ins have failed; zero: none. From now on.
  void set_longest_penalty(fiber::Duration most);

  /// Throws store::Error and sql::Error as store::Accounts::authenticate() does.
  sasl::Verdict verify(const sasl::Attempt& attempt) override;
  /// Throws sql::Error.
  bool holds(const sasl::Verdict& verdict) override;

  /// Ends the log-ins that wait, now and from now on.
  void stop() noexcept;

 private:
  void wait_for_penalty(const sasl::Context& from);

  std::shared_ptr<store::Store> store_;
  Penalties penalties_;
  fiber::Event stopping_;
};

}  // namespace posthouse::server
