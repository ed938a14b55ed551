#pragma once
// What stands behind the ManageSieve sessions: the scripts in the store. Private to this module.
#include <utility>

#include "posthouse/managesieve/server/backend.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/server/filters/filter_settings.h"
#include "posthouse/server/watch/session_teller.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// That of one session, of which it tells.
class ScriptBackend final : public managesieve::Backend {
 public:
  /// `store` and `verifier` must outlive it.
  ScriptBackend(store::Store& store, sasl::Verifier& verifier, const FilterSettings& settings, SessionTeller teller)
      : store_(store), verifier_(verifier), settings_(settings), teller_(std::move(teller)) {}

  sasl::Verifier& verifier() noexcept override { return verifier_; }
  managesieve::OpenResult open(const managesieve::Session& session) override;
  void changed(const managesieve::Session& session) noexcept override {
    teller_.tell(session, {}, session.user.empty() ? "not authenticated" : "authenticated");
  }

 private:
  store::Store& store_;
  sasl::Verifier& verifier_;
  const FilterSettings settings_;
  SessionTeller teller_;
};

}  // namespace posthouse::server
