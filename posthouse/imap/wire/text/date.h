#pragma once
// Dates as IMAP writes them (RFC 9051 section 9, "date" and "date-time").
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/mime/fields/date.h"

namespace posthouse::imap {

/// "1-Feb-2026" or "01-Feb-2026", without quotes: a day of SEARCH. Nothing when it is none (31-Feb too).
std::optional<std::chrono::year_month_day> parse_day(std::string_view text);
/// "1-Feb-2026".
std::string format_day(std::chrono::year_month_day day);

/// "17-Jul-1996 02:44:25 -0700" or " 7-Jul-1996 02:44:25 -0700", without quotes: INTERNALDATE. "7-Jul-…" is taken too.
/// A second 60 is that of the minute after. Nothing when it is none.
std::optional<mime::Date> parse_date_time(std::string_view text);
/// "17-Jul-1996 02:44:25 -0700", the day of one digit with a blank before it.
std::string format_date_time(const mime::Date& date);

}  // namespace posthouse::imap
