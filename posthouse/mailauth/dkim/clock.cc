#include "posthouse/mailauth/dkim/clock.h"

#include <fmt/format.h>

#include "posthouse/fiber/time.h"

namespace posthouse::mailauth {
namespace {

/// "2026-11-30 17:35:16 UTC"; the number where the calendar does not reach.
std::string shown(std::chrono::sys_seconds moment) {
  const auto days = std::chrono::floor<std::chrono::days>(moment);
  if (days.time_since_epoch().count() > 10'000'000) {
    return std::to_string(moment.time_since_epoch().count());
  }
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(moment - days);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

}  // namespace

std::chrono::sys_seconds moment_of(std::optional<std::chrono::sys_seconds> given) {
  return given.value_or(std::chrono::floor<std::chrono::seconds>(fiber::wall_now()));
}

std::string untimely_reason(const Signature& signature, std::chrono::sys_seconds moment, std::chrono::seconds skew) {
  if (signature.expires_at && *signature.expires_at + skew < moment) {
    return "the signature expired at " + shown(*signature.expires_at);
  }
  if (signature.signed_at && *signature.signed_at > moment + skew) {
    return "the signature is of the future, " + shown(*signature.signed_at);
  }
  return {};
}

}  // namespace posthouse::mailauth
