#pragma once
// What stands behind the IMAP sessions. Private to this module.
#include <memory>
#include <utility>

#include "posthouse/imap/backend/backend.h"
#include "posthouse/server/imap/store_account.h"
#include "posthouse/server/watch/session_teller.h"

namespace posthouse::server {

/// One for all sessions.
class ImapBackend final : public imap::Backend {
 public:
  /// All of them must outlive it.
  ImapBackend(store::Store& store, store::Views& views, SearchWorker& search, sasl::Verifier& verifier)
      : commons_{.store = store, .views = views, .search = search}, verifier_(verifier) {}

  ImapCommons& commons() noexcept { return commons_; }
  sasl::Verifier& verifier() noexcept override { return verifier_; }
  std::unique_ptr<imap::MailAccount> open(const imap::Session& session) override;

 private:
  ImapCommons commons_;
  sasl::Verifier& verifier_;
};

/// That of one session, of which it tells.
class ImapSessionBackend final : public imap::Backend {
 public:
  /// `house` must outlive it.
  ImapSessionBackend(ImapBackend& house, SessionTeller teller) : house_(house), teller_(std::move(teller)) {}

  sasl::Verifier& verifier() noexcept override { return house_.verifier(); }
  std::unique_ptr<imap::MailAccount> open(const imap::Session& session) override { return house_.open(session); }
  void changed(const imap::Session& session) noexcept override;

 private:
  ImapBackend& house_;
  SessionTeller teller_;
};

}  // namespace posthouse::server
