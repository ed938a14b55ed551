#pragma once
// Hosts whose STARTTLS does not work.
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "posthouse/net/fiber.h"

namespace posthouse::relay {

/// Remembers for an hour which hosts failed in TLS, so that opportunistic mail for them goes in clear text at once in place
/// of failing first each time (RFC 7435 section 4). Where something requires TLS nobody asks here. At most 4,096 hosts: of
/// more, those that were met first are forgotten. Safe to use from all threads.
class PlainHosts {
 public:
  static constexpr std::size_t most = 4096;
  static constexpr auto memory = std::chrono::hours(1);

  /// TLS failed with `host` just now.
  void add(const std::string& host);
  /// TLS works with `host`.
  void remove(const std::string& host);
  bool contains(const std::string& host);
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, net::TimePoint, std::less<>> until_;  // guarded by mutex_
};

}  // namespace posthouse::relay
