#include "posthouse/sieve/language/date_part.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "posthouse/base/text.h"

namespace posthouse::sieve {
namespace {

constexpr std::array<std::string_view, 13> date_part_names{"year",  "month",  "day",    "date", "julian",
                                                           "hour",  "minute", "second", "time", "iso8601",
                                                           "std11", "zone",   "weekday"};

std::string zone_text(std::chrono::minutes offset, std::string_view between) {
  const auto minutes = std::abs(offset.count());
  return fmt::format("{}{:02}{}{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, between, minutes % 60);
}

}  // namespace

std::optional<DatePart> find_date_part(std::string_view name) noexcept {
  const auto found = std::find_if(date_part_names.begin(), date_part_names.end(),
                                  [&](std::string_view known) { return iequals(known, name); });
  if (found == date_part_names.end()) {
    return std::nullopt;
  }
  return static_cast<DatePart>(found - date_part_names.begin());
}

std::optional<std::chrono::minutes> parse_zone(std::string_view text) noexcept {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-') ||
      !std::all_of(text.begin() + 1, text.end(), [](char c) { return is_digit(c); })) {
    return std::nullopt;
  }
  const auto digit = [&](std::size_t i) { return text[i] - '0'; };
  const int minutes = (digit(1) * 10 + digit(2)) * 60 + digit(3) * 10 + digit(4);
  if (digit(3) > 5 || minutes >= 24 * 60) {
    return std::nullopt;
  }
  return std::chrono::minutes(text[0] == '-' ? -minutes : minutes);
}

std::string part_of(const mime::Date& date, DatePart part) {
  using std::chrono::days;
  const auto local = date.utc + date.offset;
  const auto day = std::chrono::floor<days>(local);
  const std::chrono::year_month_day calendar(day);
  const std::chrono::hh_mm_ss clock(local - day);
  const int year = static_cast<int>(calendar.year());
  const auto month = static_cast<unsigned>(calendar.month());
  const auto day_of_month = static_cast<unsigned>(calendar.day());
  const auto hour = clock.hours().count();
  const auto minute = clock.minutes().count();
  const auto second = clock.seconds().count();
  switch (part) {
    case DatePart::year:
      return fmt::format("{:04}", year);
    case DatePart::month:
      return fmt::format("{:02}", month);
    case DatePart::day:
      return fmt::format("{:02}", day_of_month);
    case DatePart::date:
      return fmt::format("{:04}-{:02}-{:02}", year, month, day_of_month);
    case DatePart::julian:
      return std::to_string(day.time_since_epoch().count() + 40587);  // 1 January 1970
    case DatePart::hour:
      return fmt::format("{:02}", hour);
    case DatePart::minute:
      return fmt::format("{:02}", minute);
    case DatePart::second:
      return fmt::format("{:02}", second);
    case DatePart::time:
      return fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
    case DatePart::iso8601:
      return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}", year, month, day_of_month, hour, minute, second,
                         zone_text(date.offset, ":"));
    case DatePart::std11:
      return mime::format_date(date);
    case DatePart::zone:
      return zone_text(date.offset, "");
    case DatePart::weekday:
      return std::to_string(std::chrono::weekday(day).c_encoding());
  }
  return {};
}

}  // namespace posthouse::sieve
