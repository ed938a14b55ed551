#pragma once
// How many reports one sender gets: mail with a forged sender must not become a storm of reports to who never wrote it.
#include <cstddef>
#include <string>
#include <unordered_map>

#include "posthouse/fiber/time.h"

namespace posthouse::relay {

/// Counts reports for each sender, by the hour. Bounded: of more senders than `most_senders` in an hour the later ones share
/// one count. Not for several threads at once.
class ReportLimit {
 public:
  static constexpr std::size_t most_senders = 10'000;

  /// Whether `sender` may get one more report at `now`, of `most` an hour (0: any number); counts it then.
  bool allows(const std::string& sender, unsigned most, fiber::TimePoint now);

 private:
  fiber::TimePoint hour_ends_{};
  std::unordered_map<std::string, unsigned> sent_{};
};

}  // namespace posthouse::relay
