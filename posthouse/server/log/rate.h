#pragma once
// How many lines of one kind the log gets: what strangers can cause without end must not fill a disk. Private to this
// module.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>

#include "posthouse/fiber/time.h"

namespace posthouse::server {

/// A budget for each event: some lines at once, then so many a second. Safe to use from every thread.
class LineRate {
 public:
  static constexpr double at_once = 100;
  static constexpr double a_second = 10;

  /// True when a line about `event`, a text that lives as long as this, may be written at `now`; else it is counted.
  bool take(std::string_view event, fiber::TimePoint now);

  /// Calls `tell` for each event of which lines were held back since the last time.
  void tell_held_back(const std::function<void(std::string_view event, std::uint64_t lines)>& tell);

 private:
  struct Budget {
    double left = at_once;
    fiber::TimePoint filled_at{};
    std::uint64_t held_back = 0;
  };
  std::mutex mutex_;
  std::map<std::string_view, Budget> budgets_;
};

}  // namespace posthouse::server
