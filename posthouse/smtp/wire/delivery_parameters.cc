#include "posthouse/smtp/wire/delivery_parameters.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"

namespace posthouse::smtp {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t most_digits = 9;  // of a time in seconds, in all of these RFCs

std::optional<long> small_number(std::string_view text) noexcept {
  return text.size() > most_digits ? std::nullopt : parse_number<long>(text);
}

bool all_digits(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
  }
  return !text.empty();
}

/// RFC 6710 section 3.2.
bool read_priority(std::string_view value, DeliveryParameters& out) {
  const auto number = parse_number<int>(value);
  if (!number || *number < -9 || *number > 9 || value == "-0" || (value.size() > 1 && value[0] == '0') ||
      value.size() > 2) {
    return false;
  }
  out.priority = *number;
  return true;
}

/// RFC 4865 section 4.
bool read_hold_for(std::string_view value, DeliveryParameters& out) {
  const auto number = all_digits(value) ? small_number(value) : std::nullopt;
  if (!number || *number == 0) {
    return false;
  }
  out.hold_for = seconds(*number);
  return true;
}

bool read_hold_until(std::string_view value, DeliveryParameters& out) {
  out.hold_until = parse_moment(value);
  return out.hold_until.has_value();
}

/// RFC 2852 section 4: seconds, ";", "N" or "R", and perhaps "T".
bool read_deliver_by(std::string_view value, DeliveryParameters& out) {
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) {
    return false;
  }
  std::string_view digits = value.substr(0, semicolon), mode = value.substr(semicolon + 1);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) {
    digits.remove_prefix(1);
  }
  const auto number = all_digits(digits) ? small_number(digits) : std::nullopt;
  const bool returns = iequals(mode.substr(0, 1), "R");
  const bool traces = mode.size() == 2 && iequals(mode.substr(1), "T");
  if (!number || !(returns || iequals(mode.substr(0, 1), "N")) || !(mode.size() == 1 || traces) ||
      (returns && (negative || *number == 0))) {
    return false;
  }
  out.deliver_by = DeliverBy{.time = seconds(negative ? -*number : *number),
                             .mode = returns ? DeliverBy::Mode::give_back : DeliverBy::Mode::notify,
                             .trace = traces};
  return true;
}

struct Known {
  std::string_view keyword;
  bool (*there)(const DeliveryParameters&);
  bool (*read)(std::string_view, DeliveryParameters&);
};
bool is_held(const DeliveryParameters& out) {
  return out.hold_for || out.hold_until;
}
constexpr std::array<Known, 4> known_parameters{
    {{"MT-PRIORITY", [](const DeliveryParameters& out) { return out.priority.has_value(); }, read_priority},
     {"HOLDFOR", is_held, read_hold_for},
     {"HOLDUNTIL", is_held, read_hold_until},
     {"BY", [](const DeliveryParameters& out) { return out.deliver_by.has_value(); }, read_deliver_by}}};

/// The number in `text` from `at` on, of `digits` digits; -1 when it is none.
int number_at(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  const std::string_view part = text.substr(at, digits);
  return all_digits(part) ? parse_number<int>(part).value_or(-1) : -1;
}

/// "Z", "+01:00": how far a local time is ahead of UTC.
std::optional<seconds> parse_offset(std::string_view text) noexcept {
  if (iequals(text, "Z")) {
    return seconds(0);
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
    return std::nullopt;
  }
  const int hours = number_at(text, 1, 2), minutes = number_at(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  const seconds offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

DeliveryParameter read_delivery_parameter(std::string_view keyword, std::optional<std::string_view> value,
                                          DeliveryParameters& out) {
  if (iequals(keyword, "REQUIRETLS")) {
    if (value) {
      return DeliveryParameter::bad;
    }
    return std::exchange(out.require_tls, true) ? DeliveryParameter::twice : DeliveryParameter::taken;
  }
  for (const Known& one : known_parameters) {
    if (iequals(keyword, one.keyword)) {
      if (one.there(out)) {
        return DeliveryParameter::twice;
      }
      return value && one.read(*value, out) ? DeliveryParameter::taken : DeliveryParameter::bad;
    }
  }
  return DeliveryParameter::other;
}

std::string delivery_parameters(const Envelope& envelope) {
  std::string text;
  if (envelope.priority) {
    text += fmt::format(" MT-PRIORITY={}", *envelope.priority);
  }
  if (envelope.hold_for) {
    text += fmt::format(" HOLDFOR={}", envelope.hold_for->count());
  } else if (envelope.hold_until) {
    text += " HOLDUNTIL=" + format_moment(*envelope.hold_until);
  }
  if (envelope.deliver_by) {
    const bool returns = envelope.deliver_by->mode == DeliverBy::Mode::give_back;
    text += fmt::format(" BY={};{}{}", envelope.deliver_by->time.count(), returns ? 'R' : 'N',
                        envelope.deliver_by->trace ? "T" : "");
  }
  return text + (envelope.require_tls ? " REQUIRETLS" : "");
}

std::string format_moment(sys_seconds moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::optional<sys_seconds> parse_moment(std::string_view text) noexcept {
  constexpr std::size_t without_zone = 19;  // 2026-12-01T08:00:00
  if (text.size() <= without_zone || text.size() > 40 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const int year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2), minute = number_at(text, 14, 2), second = number_at(text, 17, 2);
  if (year < 1970 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  std::string_view zone = text.substr(without_zone);
  if (zone[0] == '.') {
    std::size_t digits = 1;
    while (digits < zone.size() && is_digit(zone[digits])) {
      ++digits;
    }
    zone = digits > 1 ? zone.substr(digits) : std::string_view();
  }
  const auto offset = zone.empty() ? std::nullopt : parse_offset(zone);
  if (!date.ok() || !offset) {
    return std::nullopt;
  }
  const sys_seconds moment =
      std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second) - *offset;
  return moment.time_since_epoch().count() < 0 ? std::nullopt : std::optional(moment);
}

}  // namespace posthouse::smtp
