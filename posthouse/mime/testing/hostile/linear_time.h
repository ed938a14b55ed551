#pragma once
// For tests: does it take linear time?
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <malloc.h>

namespace posthouse::mime {

/// `piece` again and again, until there are `octets`.
inline std::string repeat_to(std::string_view piece, std::size_t octets) {
  std::string out;
  out.reserve(octets + piece.size());
  while (out.size() < octets) {
    out += piece;
  }
  return out;
}

/// Processor time of this thread, the best of three. Memory is kept for the next run: what the kernel takes to give a
/// block of over 32 MiB page by page, each time anew, is not the work's.
inline double processor_seconds(const std::function<void()>& work) {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    timespec before{}, after{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    work();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    best = std::min(best, static_cast<double>(after.tv_sec - before.tv_sec) +
                              static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9);
  }
  return best;
}

/// Reads what `make` makes at two sizes, one eight times the other: the larger may cost at most four times what linear
/// would (quadratic is eight times).
inline void expect_linear_time(const char* name, const std::function<std::string(std::size_t)>& make,
                               const std::function<void(const std::string&)>& read) {
  constexpr std::size_t small = 12 * 1024;
  constexpr std::size_t factor = 8;
  const std::string once = make(small);
  const std::string more = make(small * factor);
  const double base = processor_seconds([&] { read(once); });
  const double grown = processor_seconds([&] { read(more); });
  EXPECT_LT(grown, base * factor * 4 + 0.02) << name << ": " << base * 1e3 << " ms, then " << grown * 1e3 << " ms";
  if (std::getenv("POSTHOUSE_SHOW_TIMES") != nullptr) {
    std::printf("%-28s %8.2f ms %8.2f ms\n", name, base * 1e3, grown * 1e3);
  }
}

}  // namespace posthouse::mime
