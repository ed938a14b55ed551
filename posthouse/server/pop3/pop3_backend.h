#pragma once
// What stands behind the POP3 sessions: the lock on the maildrop. Private to this module.
#include <mutex>
#include <unordered_set>

#include "posthouse/pop3/server/backend.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/views.h"

namespace posthouse::server {

/// The maildrops that are open, one session each (RFC 1939 section 4).
class MaildropLocks {
 public:
  bool acquire(store::AccountId account) {
    const std::lock_guard lock(mutex_);
    return open_.insert(account).second;
  }
  void release(store::AccountId account) noexcept {
    const std::lock_guard lock(mutex_);
    open_.erase(account);
  }

 private:
  std::mutex mutex_;
  std::unordered_set<store::AccountId> open_;
};

/// One for all sessions.
class Pop3Backend final : public pop3::Backend {
 public:
  /// All of them must outlive it.
  Pop3Backend(store::Store& store, store::Views& views, sasl::Verifier& verifier)
      : store_(store), views_(views), verifier_(verifier) {}

  sasl::Verifier& verifier() noexcept override { return verifier_; }
  pop3::OpenResult open(const pop3::Session& session) override;

 private:
  store::Store& store_;
  store::Views& views_;
  sasl::Verifier& verifier_;
  MaildropLocks locks_;
};

}  // namespace posthouse::server
