#pragma once
// Who may log in to this house, for every protocol: the store's accounts. Private to this module.
#include <memory>
#include <utility>

#include "posthouse/sasl/verifier.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Checks passwords against the accounts (argon2id), and writes each attempt into the log. Verdict::user is the
/// account's address, Verdict::id its number. One for all sessions.
class AccountVerifier final : public sasl::Verifier {
 public:
  explicit AccountVerifier(std::shared_ptr<store::Store> store) : store_(std::move(store)) {}

  /// Throws store::Error and sql::Error as store::Accounts::authenticate() does.
  sasl::Verdict verify(const sasl::Attempt& attempt) override;

 private:
  std::shared_ptr<store::Store> store_;
};

}  // namespace posthouse::server
