#include "posthouse/imap/server/result_range.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace posthouse::imap {
namespace {

/// From 1; none where the first is larger.
struct Places {
  std::uint64_t first = 1;
  std::uint64_t last = 0;
};

Places places_of(const PartialRange& range, std::uint64_t count) noexcept {
  const auto [low, high] = std::minmax({std::abs(range.first), std::abs(range.last)});
  const auto near = static_cast<std::uint64_t>(low);
  const auto far = static_cast<std::uint64_t>(high);
  if (near > count) {
    return {};
  }
  if (range.first > 0) {
    return {near, std::min(far, count)};
  }
  return {far >= count ? 1 : count - far + 1, count - near + 1};
}

}  // namespace

NumberSet at_places(const NumberSet& set, std::uint64_t first, std::uint64_t last) {
  std::vector<NumberRange> out;
  std::uint64_t before = 0;
  for (const NumberRange& range : set.ranges()) {
    const std::uint64_t size = std::uint64_t{range.last} - range.first + 1;
    const std::uint64_t begin = std::max(first, before + 1);
    const std::uint64_t end = std::min(last, before + size);
    if (begin <= end) {
      out.push_back({static_cast<std::uint32_t>(range.first + (begin - before - 1)),
                     static_cast<std::uint32_t>(range.first + (end - before - 1))});
    }
    before += size;
  }
  return NumberSet::of(std::move(out));
}

NumberSet part_of(const NumberSet& set, const PartialRange& range) {
  const Places places = places_of(range, set.count());
  return at_places(set, places.first, places.last);
}

std::span<const std::uint32_t> part_of(std::span<const std::uint32_t> numbers, const PartialRange& range) noexcept {
  const Places places = places_of(range, numbers.size());
  return places.first > places.last ? std::span<const std::uint32_t>()
                                    : numbers.subspan(places.first - 1, places.last - places.first + 1);
}

}  // namespace posthouse::imap
