#pragma once
// Compiled scripts of accounts. Private to this module.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "posthouse/sieve/compile/script.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// An account's active script together with those it includes. Immutable.
struct ActiveScript {
  std::uint64_t version = 0;  ///< store::script_versions()
  std::string name{};
  std::optional<sieve::Script> script{};  ///< Nothing where it does not compile.
  std::string error{};                    ///< Then why.
};

/// The scripts that were compiled lately, by account. What it gives is what the store has: it asks for the version each time, so
/// that it hears of changes by whatever process. Safe to use from any thread.
class ScriptShelf {
 public:
  explicit ScriptShelf(std::size_t most = 1000) : most_(most) {}

  /// The active script of `account`; null where none is. May block: a script of the largest size takes some milliseconds.
  /// Throws what the store throws.
  std::shared_ptr<const ActiveScript> find(store::Store& store, store::AccountId account);

 private:
  struct Place {
    std::shared_ptr<const ActiveScript> script{};
    std::uint64_t used = 0;
  };
  void put(store::AccountId account, std::shared_ptr<const ActiveScript> script);

  const std::size_t most_;
  std::mutex mutex_;
  std::map<store::AccountId, Place> places_;
  std::uint64_t used_ = 0;
};

}  // namespace posthouse::server
