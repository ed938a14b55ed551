#pragma once
// Keys that were read lately.
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "posthouse/mailauth/keys/public_key.h"

namespace posthouse::mailauth {

/// Keeps public keys by their octets: OpenSSL takes longer to read one than to verify a signature with it. Says nothing
/// of whose they are or whether they are still published, which the DNS is asked each time. Thread-safe.
class KeyCache {
 public:
  /// Keeps at least the `keys` used last and at most twice as many; about 2 KiB each.
  explicit KeyCache(std::size_t keys = 1'000) noexcept : most_(keys) {}

  /// PublicKey::read(), or what it gave before for the same octets.
  std::shared_ptr<const PublicKey> read(KeyType type, std::string_view octets, std::string& why);

 private:
  using Keys = std::unordered_map<std::string, std::shared_ptr<const PublicKey>>;

  const std::size_t most_;
  std::mutex mutex_;
  Keys young_;  // used since old_ was young_
  Keys old_;
};

}  // namespace posthouse::mailauth
