#pragma once
// The sessions a client context can resume. (Internal to the module.)
//
// Invariants: an entry is used by one connection only (take() removes it), since a TLS 1.3 ticket used twice lets an
// onlooker link the two (RFC 8446 appendix C.4). At most `most` entries in all and `most_per_peer` of one peer; the
// oldest go first. No entry outlives its session or its peer's certificate.
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

#include "posthouse/net/tls/tls_openssl.h"

namespace posthouse::net {

class SessionCache {
 public:
  static constexpr std::size_t most = 128;
  static constexpr std::size_t most_per_peer = 4;

  /// Keeps `session` for connections to `peer`.
  void put(const std::string& peer, openssl::Session session);
  /// The newest session with `peer` that is still good, removed from here; null when there is none.
  openssl::Session take(const std::string& peer);
  std::size_t size() const;

 private:
  struct Entry {
    std::string peer;
    openssl::Session session;
  };
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // oldest first; guarded by mutex_
};

}  // namespace posthouse::net
