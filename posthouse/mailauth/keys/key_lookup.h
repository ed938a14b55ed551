#pragma once
// Looks published keys up.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "posthouse/mailauth/keys/key_record.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// What the DNS has under the name of a key.
struct KeyLookup {
  Verdict verdict = Verdict::pass;   ///< pass: there are records; temperror, permerror: there are none, see `reason`.
  std::string reason{};              ///< Why there are none, in words.
  std::vector<std::string> texts{};  ///< The texts there, of key records and of others; at most 10.
  std::vector<KeyRecord> records{};  ///< The key records among them; at most 3, the first ones.
  bool secure = false;               ///< DNSSEC vouches for them.
};

/// Asks for a key's records. `domain` and `selector` are UTF-8 or A-labels. Parks the fiber or blocks the thread; throws
/// net::Error (Errc::canceled) only. Of several key records (which RFC 6376 section 3.6.2.2 leaves undefined) all are
/// given.
KeyLookup look_up_key(net::Resolver& resolver, std::string_view selector, std::string_view domain,
                      net::Deadline deadline = {});

/// Asks for each key of a message once.
class KeyLookups {
 public:
  /// `resolver` must outlive this.
  KeyLookups(net::Resolver& resolver, net::Deadline deadline) noexcept : resolver_(resolver), deadline_(deadline) {}

  /// look_up_key(), or what it gave before. Valid as long as this.
  const KeyLookup& find(std::string_view selector, std::string_view domain);

 private:
  net::Resolver& resolver_;
  net::Deadline deadline_;
  std::unordered_map<std::string, KeyLookup> found_;
};

}  // namespace posthouse::mailauth
