#pragma once
// Who may log in to this house, for every protocol: the store's accounts. Private to this module.
#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "posthouse/fiber/sync.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/listen/penalties.h"
#include "posthouse/server/watch/log_in_book.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Checks passwords (argon2id) and proofs (SCRAM) against the accounts, and writes each attempt into the log. Verdict::user is the
/// account's address, Verdict::id its number. One for all sessions.
///
/// A host whose log-ins have failed waits before the next one is looked at, in whatever session and protocol, longer
/// each time; then passwords are checked in turns among hosts and accounts. A password that is remembered as right
/// waits for neither, unless its host has guessed ten times.
class AccountVerifier final : public sasl::Verifier {
 public:
  explicit AccountVerifier(std::shared_ptr<store::Store> store) : store_(std::move(store)) {}

  /// Where the uses of app passwords are written down; outlives it. Null, as at first: nowhere.
  void set_log_ins(LogInBook* log_ins) noexcept { log_ins_ = log_ins; }

  /// The longest wait of a host whose log-ins have failed; zero: none. From now on.
  void set_longest_penalty(fiber::Duration most);

  /// Throws store::Error and sql::Error as store::Accounts::authenticate() does.
  sasl::Verdict verify(const sasl::Attempt& attempt) override;
  /// Whether accounts have keys for SCRAM, and whether it is offered. From now on. Throws what the store does.
  void set_scram(ScramUse use);
  bool has_keys(sasl::ScramHash) const noexcept override { return scram_offered_; }
  /// Never nothing: a name that has none gets keys that no proof fits. Waits as verify() does.
  std::optional<sasl::ScramKeys> keys(const sasl::Context& from, std::string_view authcid,
                                      sasl::ScramHash hash) override;
  bool takes_certificate(const sasl::Context& from) noexcept override;
  void proof_failed(const sasl::Context& from, std::string_view mechanism, std::string_view authcid) override;

  /// Throws sql::Error.
  bool holds(const sasl::Verdict& verdict) override;

  /// Ends the log-ins that wait, now and from now on.
  void stop() noexcept;

 private:
  void wait_for_penalty(const sasl::Context& from);
  std::optional<store::Account> account_of(const sasl::Attempt& attempt);
  std::optional<store::Account> account_of_password(const sasl::Attempt& attempt, std::string_view password);
  std::optional<store::Account> certified_account(const sasl::Context& from, std::string_view authzid);
  void note_app_password(const sasl::Context& from, const store::UsedAppPassword& used);
  void make_keys(const store::Account& account, std::string_view password);

  std::shared_ptr<store::Store> store_;
  LogInBook* log_ins_ = nullptr;
  Penalties penalties_;
  std::atomic<bool> scram_offered_{false};
  fiber::Event stopping_;
};

}  // namespace posthouse::server
