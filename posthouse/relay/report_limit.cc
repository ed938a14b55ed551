#include "posthouse/relay/report_limit.h"

#include <chrono>

namespace posthouse::relay {

bool ReportLimit::allows(const std::string& sender, unsigned most, fiber::TimePoint now) {
  if (most == 0) {
    return true;
  }
  if (now >= hour_ends_) {
    sent_.clear();
    hour_ends_ = now + std::chrono::hours(1);
  }
  const bool known = sent_.contains(sender) || sent_.size() < most_senders;
  unsigned& count = sent_[known ? sender : std::string()];
  if (count >= most) {
    return false;
  }
  ++count;
  return true;
}

}  // namespace posthouse::relay
