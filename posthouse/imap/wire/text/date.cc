#include "posthouse/imap/wire/text/date.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Digits in [at, at + count) as a number; nothing when there are others.
std::optional<unsigned> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  return at + count <= text.size() ? parse_number(text.substr(at, count)) : std::nullopt;
}

// ±hhmm as minutes.
std::optional<std::chrono::minutes> read_zone(std::string_view text) {
  const auto hours = digits_at(text, 1, 2);
  const auto minutes = digits_at(text, 3, 2);
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-') || !hours || !minutes || *minutes > 59) {
    return std::nullopt;
  }
  const std::chrono::minutes offset(static_cast<int>(*hours * 60 + *minutes));
  return text[0] == '-' ? -offset : offset;
}

// hh:mm:ss
std::optional<std::chrono::seconds> read_time(std::string_view text) {
  const auto hours = digits_at(text, 0, 2);
  const auto minutes = digits_at(text, 3, 2);
  const auto seconds = digits_at(text, 6, 2);
  if (text.size() != 8 || text[2] != ':' || text[5] != ':' || !hours || !minutes || !seconds || *hours > 23 ||
      *minutes > 59 || *seconds > 60) {
    return std::nullopt;
  }
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

}  // namespace

std::optional<std::chrono::year_month_day> parse_day(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 2 || text.size() != dash + 9 || text[dash + 4] != '-') {
    return std::nullopt;
  }
  const auto day = digits_at(text, 0, dash);
  const auto year = digits_at(text, dash + 5, 4);
  const auto month = std::find_if(months.begin(), months.end(),
                                  [&](std::string_view name) { return iequals(name, text.substr(dash + 1, 3)); });
  if (!day || !year || month == months.end()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                         std::chrono::day(*day));
  return date.ok() ? std::optional(date) : std::nullopt;
}

std::string format_day(std::chrono::year_month_day day) {
  return fmt::format("{}-{}-{:04}", static_cast<unsigned>(day.day()), months[static_cast<unsigned>(day.month()) - 1],
                     static_cast<int>(day.year()));
}

std::optional<mime::Date> parse_date_time(std::string_view text) {
  if (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  constexpr std::size_t behind_day = 15;  // " hh:mm:ss +hhmm"
  if (text.size() <= behind_day) {
    return std::nullopt;
  }
  const std::size_t blank = text.size() - behind_day;
  const auto day = parse_day(text.substr(0, blank));
  const auto time = read_time(text.substr(blank + 1, 8));
  const auto zone = read_zone(text.substr(blank + 10));
  if (text[blank] != ' ' || text[blank + 9] != ' ' || !day || !time || !zone) {
    return std::nullopt;
  }
  return mime::Date{
      .utc = std::chrono::sys_days(*day) + *time - *zone, .offset = *zone, .offset_known = !text.ends_with("-0000")};
}

std::string format_date_time(const mime::Date& date) {
  const std::chrono::sys_seconds local = date.utc + date.offset;
  const auto days = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day day(days);
  const std::chrono::hh_mm_ss time(local - days);
  return fmt::format("{:2}-{}-{:04} {:02}:{:02}:{:02} {}", static_cast<unsigned>(day.day()),
                     months[static_cast<unsigned>(day.month()) - 1], static_cast<int>(day.year()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), mime::format_offset(date));
}

}  // namespace posthouse::imap
