#pragma once
// What stands behind the POP3 sessions: the lock on the maildrop. Private to this module.
#include <chrono>
#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "posthouse/fiber/time.h"
#include "posthouse/pop3/server/backend.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/server/watch/session_teller.h"
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

/// When people have logged in last, for as long as that keeps them from the next log-in.
class RecentLogIns {
 public:
  /// From now on; zero: nobody is kept from anything.
  void set_delay(std::chrono::seconds delay) {
    const std::lock_guard lock(mutex_);
    delay_ = delay;
  }
  /// Notes a log-in of `account`; false when the one before it was too short a time ago.
  bool note(store::AccountId account);

 private:
  /// Whoever is beyond them is let in: this protects the house from hurry, not from attacks.
  static constexpr std::size_t most = 100'000;

  std::mutex mutex_;
  std::chrono::seconds delay_{0};
  std::unordered_map<store::AccountId, fiber::TimePoint> last_;
};

/// One for all sessions.
class Pop3Backend final : public pop3::Backend {
 public:
  /// All of them must outlive it.
  Pop3Backend(store::Store& store, store::Views& views, sasl::Verifier& verifier)
      : store_(store), views_(views), verifier_(verifier) {}

  sasl::Verifier& verifier() noexcept override { return verifier_; }
  void set_login_delay(std::chrono::seconds delay) { recent_.set_delay(delay); }
  pop3::OpenResult open(const pop3::Session& session) override;

 private:
  store::Store& store_;
  store::Views& views_;
  sasl::Verifier& verifier_;
  MaildropLocks locks_;
  RecentLogIns recent_;
};

/// That of one session, of which it tells.
class Pop3SessionBackend final : public pop3::Backend {
 public:
  /// `house` must outlive it.
  Pop3SessionBackend(Pop3Backend& house, SessionTeller teller) : house_(house), teller_(std::move(teller)) {}

  sasl::Verifier& verifier() noexcept override { return house_.verifier(); }
  pop3::OpenResult open(const pop3::Session& session) override { return house_.open(session); }
  void changed(const pop3::Session& session) noexcept override {
    teller_.tell(session, {}, session.user.empty() ? "authorization" : "transaction");
  }

 private:
  Pop3Backend& house_;
  SessionTeller teller_;
};

}  // namespace posthouse::server
