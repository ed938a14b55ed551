#pragma once
// IMAP sessions on a store, on each engine. For tests of this module.
#include <optional>
#include <string>

#include "posthouse/imap/testing/server_play.h"
#include "posthouse/server/imap/imap_backend.h"
#include "posthouse/server/search/search_worker.h"
#include "posthouse/store/testing.h"

namespace posthouse::server {

/// Everybody who has an account, whatever the password.
class OpenHouse final : public sasl::Verifier {
 public:
  explicit OpenHouse(store::Store& store) : store_(store) {}
  sasl::Verdict verify(const sasl::Attempt& attempt) override {
    const auto account = store_.accounts().find_account(attempt.authcid);
    return account ? sasl::Verdict(account->address, account->id) : sasl::Verdict(sasl::Denial::wrong);
  }

 private:
  store::Store& store_;
};

/// The house of "ann@one.test".
class ImapOnEachEngine : public store::StoreOnEachEngine {
 protected:
  void prepare() override {
    verifier.emplace(*store);
    search.emplace(*store);
    views.emplace(*store);
    backend.emplace(*store, *views, *search, *verifier);
    backend->commons().message_size = 1'000'000;
  }
  void TearDown() override {
    backend.reset();
    views.reset();
    search.reset();
  }
  /// What a session of that user answers to `input`.
  std::string as(const std::string& user, const std::string& input) {
    return imap::talk(*backend, imap::quick_options(), "a LOGIN " + user + "@one.test x\r\n" + input);
  }

  std::optional<OpenHouse> verifier;
  std::optional<SearchWorker> search;
  std::optional<store::Views> views;
  std::optional<ImapBackend> backend;
};

}  // namespace posthouse::server
