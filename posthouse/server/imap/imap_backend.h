#pragma once
// What stands behind the IMAP sessions. Private to this module.
#include <memory>

#include "posthouse/imap/backend/backend.h"
#include "posthouse/server/imap/store_account.h"

namespace posthouse::server {

/// One for all sessions.
class ImapBackend final : public imap::Backend {
 public:
  ImapBackend(store::Store& store, SearchWorker& search, sasl::Verifier& verifier)
      : views_(store), commons_{.store = store, .views = views_, .search = search}, verifier_(verifier) {}

  ImapCommons& commons() noexcept { return commons_; }
  sasl::Verifier& verifier() noexcept override { return verifier_; }
  std::unique_ptr<imap::MailAccount> open(const imap::Session& session) override;

 private:
  store::Views views_;
  ImapCommons commons_;
  sasl::Verifier& verifier_;
};

}  // namespace posthouse::server
