#pragma once
// Sessions counted in memory, until they are written down. Private to this module.
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "posthouse/relay/tls_reports/rows.h"

namespace posthouse::relay {

/// Safe to use from all threads. At most `most` kinds of sessions wait: of more, what is not among them goes uncounted.
class TlsCounts {
 public:
  static constexpr std::size_t most = 10'000;

  void add(const TlsSession& session, std::chrono::sys_days day, std::uint64_t count = 1);
  /// What was counted, which is not here any more.
  std::vector<CountedSessions> take();

 private:
  std::mutex mutex_;
  std::map<std::pair<std::chrono::sys_days, TlsSession>, std::uint64_t> counts_;  // guarded by mutex_
};

}  // namespace posthouse::relay
