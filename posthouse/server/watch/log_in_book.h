#pragma once
// Log-ins on their way to the store. Private to this module.
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "posthouse/store/accounts/app_passwords.h"
#include "posthouse/store/accounts/log_ins.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Gathers them in memory and writes them down every five seconds and at the end, so that no log-in waits for a disk. What
/// a crash takes of it was some seconds old. Safe to use from all loops.
class LogInBook {
 public:
  static constexpr std::size_t most = 10'000;  ///< gathered; further clients are not written down
  static constexpr auto every = std::chrono::seconds(5);

  /// `store` must outlive it.
  explicit LogInBook(store::Store& store) : store_(store) {}

  void note(store::LogIn log_in);
  /// The client of `log_in`, which has been noted, says who it is only now.
  void rename(const store::LogIn& log_in, const std::string& client);
  /// An app password was used. In the place of its last use, when that has not been written yet.
  void note_app_password(store::AppPasswordUse use);
  /// Writes down what was gathered; parks. What cannot be written now is kept.
  void write();
  /// The same from time to time, until it is canceled.
  [[noreturn]] void run();

 private:
  using Key = std::tuple<store::AccountId, std::string, std::string>;  // account, protocol, client
  static Key key_of(const store::LogIn& log_in) { return {log_in.account, log_in.protocol, log_in.client}; }

  void write_app_passwords();

  store::Store& store_;
  std::mutex mutex_;
  std::map<std::int64_t, store::AppPasswordUse> app_passwords_;  // by id; guarded by it
  std::map<Key, store::LogIn> gathered_;                         // guarded by it
};

}  // namespace posthouse::server
