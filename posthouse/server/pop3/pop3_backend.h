#pragma once
// What stands behind the POP3 sessions: the lock on the maildrop, the INBOX. Private to this module.
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "posthouse/pop3/server/backend.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/store/store.h"

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
  Pop3Backend(std::shared_ptr<store::Store> store, sasl::Verifier& verifier)
      : store_(std::move(store)), verifier_(verifier) {}

  sasl::Verifier& verifier() noexcept override { return verifier_; }
  pop3::OpenResult open(const pop3::Session& session) override;

 private:
  std::shared_ptr<store::Store> store_;
  sasl::Verifier& verifier_;
  MaildropLocks locks_;
};

}  // namespace posthouse::server
