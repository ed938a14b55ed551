#pragma once
// Hashing and verifying passwords. Private to this module.
#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "posthouse/fiber/fair_semaphore.h"
#include "posthouse/fiber/time.h"
#include "posthouse/store/accounts/claimant.h"

namespace posthouse::store {

/// Octets of the longest password.
inline constexpr std::size_t max_password = 1024;

/// argon2id (RFC 9106) by libsodium, with a memory of recent successes.
///
/// Invariants: 1. Nothing from which a password could be got is kept: the memory holds BLAKE2b, under a key made at the
/// start, of stored hash and password. 2. The stored hash is part of it, so a changed password ends it. 3. It never
/// holds failures. 4. What is remembered waits for nobody.
class Passwords {
 public:
  /// `concurrent` verifications at once at most.
  explicit Passwords(std::size_t concurrent);

  /// The text to store for `password`. Takes some 20 ms and 19 MiB; blocks.
  static std::string hash(std::string_view password);

  /// True when `password` is what `stored` was made of. An empty `stored` takes as long and is false. Parks or blocks.
  /// `account` is who `claimant` says to be, in a spelling of its own. Throws store::Error: overloaded when it could
  /// not begin for half a minute, abandoned when the claimant had left before, stopped after stop(); and what
  /// Claimant::before_hashing throws.
  bool verify(const std::string& stored, std::string_view password, std::string_view account = {},
              const Claimant& claimant = {});

  /// Ends every wait for a turn, now and from now on.
  void stop() noexcept { turns_.close(); }

 private:
  using Key = std::array<unsigned char, 32>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  void wait_for_turn(std::string_view account, const Claimant& claimant);
  Key key_of(const std::string& stored, std::string_view password) const;
  bool remembers(const Key& key);
  void remember(const Key& key);

  Key secret_{};
  fiber::FairSemaphore turns_;
  std::mutex mutex_;
  std::unordered_map<Key, fiber::TimePoint, KeyHash> successes_;  // until when; guarded by mutex_
};

}  // namespace posthouse::store
