#pragma once
// Long lists taken a little at a time.
#include <algorithm>
#include <cstddef>
#include <span>

namespace posthouse {

/// Calls `f` with the elements of `all` in their order, `most` of them at a time and fewer at the end; never with none.
///
///     in_portions(std::span<const Uid>(uids), 200, [&](std::span<const Uid> some) { remove(some); });
template <class T, class F>
void in_portions(std::span<const T> all, std::size_t most, F&& f) {
  for (; !all.empty(); all = all.subspan(std::min(most, all.size()))) {
    f(all.first(std::min(most, all.size())));
  }
}

}  // namespace posthouse
