#pragma once
// Parts of dates (RFC 5260 section 4.2).
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/mime/fields/date.h"

namespace posthouse::sieve {

enum class DatePart : std::uint8_t {
  year,
  month,
  day,
  date,
  julian,
  hour,
  minute,
  second,
  time,
  iso8601,
  std11,
  zone,
  weekday
};

/// By name, case aside.
std::optional<DatePart> find_date_part(std::string_view name) noexcept;
/// "+0200" as minutes east of UTC.
std::optional<std::chrono::minutes> parse_zone(std::string_view text) noexcept;
/// A part of a date as the clocks show it in its zone.
std::string part_of(const mime::Date& date, DatePart part);

}  // namespace posthouse::sieve
