#pragma once
// Hashing and verifying passwords. Private to this module.
#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "posthouse/fiber/sync.h"
#include "posthouse/fiber/time.h"

namespace posthouse::store {

/// argon2id (RFC 9106) by libsodium, with a memory of recent successes.
///
/// Invariants: 1. Nothing from which a password could be got is kept: the memory holds BLAKE2b, under a key made at the
/// start, of stored hash and password. 2. The stored hash is part of it, so a changed password ends it. 3. It never
/// holds failures.
class Passwords {
 public:
  /// `concurrent` verifications at once at most.
  explicit Passwords(std::size_t concurrent);

  /// The text to store for `password`. Takes some 20 ms and 19 MiB; blocks.
  static std::string hash(std::string_view password);

  /// True when `password` is what `stored` was made of. An empty `stored` takes as long and is false. Parks or blocks.
  /// Throws store::Error overloaded when it could not begin for half a minute.
  bool verify(const std::string& stored, std::string_view password);

 private:
  using Key = std::array<unsigned char, 32>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  Key key_of(const std::string& stored, std::string_view password) const;
  bool remembers(const Key& key);
  void remember(const Key& key);

  Key secret_{};
  fiber::Semaphore permits_;
  std::mutex mutex_;
  std::unordered_map<Key, fiber::TimePoint, KeyHash> successes_;  // until when; guarded by mutex_
};

}  // namespace posthouse::store
