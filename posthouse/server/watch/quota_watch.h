#pragma once
// Accounts that are almost full get a letter that says so. Private to this module.
#include <chrono>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>

#include "posthouse/store/store.h"

namespace posthouse::server {

/// Hears of mail that comes and goes, and looks every few seconds at the accounts it was of. The letter is written after the
/// delivery that makes it due, at most once until there is room again, whatever crashes in between.
class QuotaWatch {
 public:
  static constexpr std::size_t most = 10'000;  ///< accounts that wait; of further ones the next change is looked at
  static constexpr auto every = std::chrono::seconds(3);

  /// `store` must outlive it.
  QuotaWatch(store::Store& store, std::string hostname);

  /// Looks at those that have changed; parks.
  void look();
  /// The same from time to time, until it is canceled.
  [[noreturn]] void run();

 private:
  void tell(store::AccountId account);

  store::Store& store_;
  const std::string hostname_;
  std::mutex mutex_;
  std::set<store::AccountId> changed_;  // guarded by it
  store::Subscription subscription_;    // last: it calls until it is gone
};

}  // namespace posthouse::server
