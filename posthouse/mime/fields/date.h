#pragma once
// Date-times as header fields have them (RFC 5322 section 3.3, obsolete forms of 4.3).
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// A moment, and the offset from UTC its writer lived in.
struct Date {
  std::chrono::sys_seconds utc{};  ///< The moment.
  std::chrono::minutes offset{};   ///< Local time minus UTC, as written.
  bool offset_known = true;        ///< False for "-0000", military zones, unknown and missing zones.

  friend bool operator==(const Date&, const Date&) = default;
};

/// Reads a date-time: comments, missing day names, obsolete zones (EST), two- and three-digit years, missing seconds
/// and missing zones are taken. Nothing where there is no date to be read (also for 31 February or 25 o'clock).
///
///     parse_date("Sat, 31 Jan 2026 23:59:59 +0800")->utc    // 2026-01-31 15:59:59
std::optional<Date> parse_date(std::string_view value);

/// "Sat, 31 Jan 2026 23:59:59 +0800" (RFC 5322 section 3.3); "-0000" where the offset is not known.
std::string format_date(const Date& date);
/// The same for a moment in UTC ("+0000").
std::string format_date(std::chrono::system_clock::time_point moment);

/// "2026-01-31T15:59:59Z": the moment as RFC 3339 has it.
std::string format_utc(const Date& date);
/// "+0800", or "-0000" where the offset is not known.
std::string format_offset(const Date& date);

}  // namespace posthouse::mime
