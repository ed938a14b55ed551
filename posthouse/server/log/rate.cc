#include "posthouse/server/log/rate.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace posthouse::server {

bool LineRate::take(std::string_view event, fiber::TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto [place, fresh] = budgets_.try_emplace(event);
  Budget& budget = place->second;
  if (!fresh) {
    const double seconds = std::chrono::duration<double>(now - budget.filled_at).count();
    budget.left = std::min(at_once, budget.left + std::max(0.0, seconds) * a_second);
  }
  budget.filled_at = now;
  if (budget.left < 1) {
    ++budget.held_back;
    return false;
  }
  budget.left -= 1;
  return true;
}

void LineRate::tell_held_back(const std::function<void(std::string_view, std::uint64_t)>& tell) {
  std::vector<std::pair<std::string_view, std::uint64_t>> counts;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [event, budget] : budgets_) {
      if (budget.held_back != 0) {
        counts.emplace_back(event, std::exchange(budget.held_back, 0));
      }
    }
  }
  for (const auto& [event, lines] : counts) {
    tell(event, lines);
  }
}

}  // namespace posthouse::server
