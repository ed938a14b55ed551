#include "posthouse/store/mailboxes/uids.h"

#include <algorithm>

namespace posthouse::store {

std::vector<Uid> in_order(std::span<const Uid> uids) {
  std::vector<Uid> sorted(uids.begin(), uids.end());
  std::ranges::sort(sorted);
  const auto twice = std::ranges::unique(sorted);
  sorted.erase(twice.begin(), twice.end());
  return sorted;
}

std::vector<UidRange> ranges_of(std::span<const Uid> uids) {
  std::vector<UidRange> ranges;
  for (const Uid uid : uids) {
    if (ranges.empty() || uid - ranges.back().last != 1) {
      ranges.push_back({uid, uid});
    } else {
      ranges.back().last = uid;
    }
  }
  return ranges;
}

}  // namespace posthouse::store
