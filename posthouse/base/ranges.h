#pragma once
// Sets of 32-bit numbers as ranges: in order, disjoint, not adjacent. `Range` has `first` and `last`, both of them in it.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace posthouse {

/// Adds a range that begins behind all others, or no earlier than the last one.
template <class Range>
void add_behind(std::vector<Range>& set, std::uint32_t first, std::uint32_t last) {
  if (!set.empty() && first <= std::uint64_t{set.back().last} + 1) {
    set.back().last = std::max(set.back().last, last);
  } else {
    set.push_back({first, last});
  }
}

/// The set of what is in any of `ranges`.
template <class Range>
std::vector<Range> set_of(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> set;
  for (const Range& range : ranges) {
    add_behind(set, range.first, range.last);
  }
  return set;
}

/// What is in both.
template <class Range>
std::vector<Range> in_both(std::span<const Range> a, std::span<const Range> b) {
  std::vector<Range> set;
  for (auto i = a.begin(), k = b.begin(); i != a.end() && k != b.end();) {
    const std::uint32_t first = std::max(i->first, k->first);
    const std::uint32_t last = std::min(i->last, k->last);
    if (first <= last) {
      add_behind(set, first, last);
    }
    if (i->last < k->last) {
      ++i;
    } else {
      ++k;
    }
  }
  return set;
}

/// What is in `a` and not in `b`.
template <class Range>
std::vector<Range> without(std::span<const Range> a, std::span<const Range> b) {
  std::vector<Range> set;
  auto k = b.begin();
  for (const Range& range : a) {
    std::uint64_t next = range.first;
    while (k != b.end() && k->last < next) {
      ++k;
    }
    for (auto hole = k; hole != b.end() && hole->first <= range.last; ++hole) {
      if (next < hole->first) {
        add_behind(set, static_cast<std::uint32_t>(next), hole->first - 1);
      }
      next = std::max(next, std::uint64_t{hole->last} + 1);
    }
    if (next <= range.last) {
      add_behind(set, static_cast<std::uint32_t>(next), range.last);
    }
  }
  return set;
}

}  // namespace posthouse
