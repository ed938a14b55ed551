#include "posthouse/sql/values/types.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/fiber/random.h"

namespace posthouse::sql {
namespace {

namespace chrono = std::chrono;
using Moment = chrono::sys_time<chrono::microseconds>;

bool is_decimal(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_digit); };
  const std::string_view fraction = point == text.size() ? std::string_view() : text.substr(point + 1);
  return text.size() > (point == text.size() ? 0U : 1U) && digits(text.substr(0, point)) && digits(fraction);
}

// Takes `size` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t size) {
  int number = 0;
  if (text.size() < size || !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), is_digit)) {
    return std::nullopt;
  }
  std::from_chars(text.data(), text.data() + size, number);
  text.remove_prefix(size);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::optional<chrono::year_month_day> take_day(std::string_view& text) {
  const auto year = take_number(text, 4);
  const bool first = take(text, "-");
  const auto month = take_number(text, 2);
  const bool second = take(text, "-");
  const auto day = take_number(text, 2);
  if (!year || !month || !day || !first || !second) {
    return std::nullopt;
  }
  const chrono::year_month_day date(chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional(date) : std::nullopt;
}

// ".5" is half a second; none is none; digits beyond the sixth are cut off.
std::optional<chrono::microseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) {
    return chrono::microseconds(0);
  }
  std::int64_t value = 0;
  int digits = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    if (digits < 6) {
      value = value * 10 + (text.front() - '0');
    }
    ++digits;
  }
  if (digits == 0) {
    return std::nullopt;
  }
  for (; digits < 6; ++digits) {
    value *= 10;
  }
  return chrono::microseconds(value);
}

std::optional<Moment> parse_moment(std::string_view text) {
  const auto date = take_day(text);
  if (!date) {
    return std::nullopt;
  }
  if (text.empty()) {
    return Moment(chrono::sys_days(*date));
  }
  const bool separated = take(text, " T");
  const auto hour = take_number(text, 2);
  const bool first = take(text, ":");
  const auto minute = take_number(text, 2);
  const bool second_colon = take(text, ":");
  const auto second = take_number(text, 2);
  const auto fraction = take_fraction(text);
  if (!separated || !first || !second_colon || !hour || !minute || !second || !fraction || !text.empty()) {
    return std::nullopt;
  }
  if (*hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  return Moment(chrono::sys_days(*date)) + chrono::hours(*hour) + chrono::minutes(*minute) + chrono::seconds(*second) +
         *fraction;
}

std::string format_day(const chrono::year_month_day& date) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text, static_cast<std::size_t>(size)};
}

bool has_four_digits(const chrono::year_month_day& date) {
  return date.ok() && date.year() >= chrono::year(0) && date.year() <= chrono::year(9999);
}

}  // namespace

namespace {

// The shortest digits that stand for the number; empty where they are more than a double keeps of every decimal, so that
// another one may have been meant.
std::string exact_decimal(double number) {
  constexpr std::size_t kept = std::numeric_limits<double>::digits10;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::scientific).ptr;
  std::string_view rest(text, static_cast<std::size_t>(end - text));  // "-1.25e+02"
  std::string sign;
  if (rest.starts_with('-')) {
    sign = "-";
    rest.remove_prefix(1);
  }
  const std::size_t mark = rest.find('e');
  if (mark == std::string_view::npos) {
    return {};  // infinite
  }
  std::string digits(1, rest.front());
  digits += rest.substr(std::min<std::size_t>(2, mark), mark - std::min<std::size_t>(2, mark));
  std::string_view power = rest.substr(mark + 1);
  power.remove_prefix(power.starts_with('+') ? 1 : 0);
  int exponent = 0;
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  if (digits.size() > kept) {
    return {};
  }
  if (exponent < 0) {
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return sign + digits + std::string(whole - digits.size(), '0');
  }
  return sign + digits.substr(0, whole) + '.' + digits.substr(whole);
}

}  // namespace

void Type<Decimal>::bind(Parameter parameter, const Decimal& value) {
  if (!is_decimal(value.digits)) {
    parameter.refuse("is no decimal number");
  }
  parameter.text(value.digits);
}

Decimal Type<Decimal>::get(const Column& column) {
  if (column.kind() == CellKind::integer) {
    return {std::to_string(column.integer())};
  }
  if (column.kind() == CellKind::real) {
    std::string digits = exact_decimal(column.real());
    if (digits.empty()) {
      column.refuse("an exact decimal number: on SQLite, TEXT COLLATE decimal keeps all digits");
    }
    return {std::move(digits)};
  }
  const std::string_view text = column.text();
  if (!is_decimal(text)) {
    column.refuse("a decimal number");
  }
  return {std::string(text)};
}

Uuid Uuid::random() {
  Uuid uuid;
  fiber::random_bytes({reinterpret_cast<char*>(uuid.octets.data()), uuid.octets.size()});
  uuid.octets[6] = static_cast<std::uint8_t>((uuid.octets[6] & 0x0fU) | 0x40U);
  uuid.octets[8] = static_cast<std::uint8_t>((uuid.octets[8] & 0x3fU) | 0x80U);
  return uuid;
}

namespace {

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) {
    return std::nullopt;
  }
  Uuid uuid;
  std::size_t at = 0;
  for (std::uint8_t& octet : uuid.octets) {
    if ((at == 8 || at == 13 || at == 18 || at == 23) && text[at++] != '-') {
      return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, octet, 16);
    if (error != std::errc() || end != text.data() + at + 2) {
      return std::nullopt;
    }
    at += 2;
  }
  return uuid;
}

}  // namespace

Uuid Uuid::parse(std::string_view text) {
  const std::optional<Uuid> uuid = parse_uuid(text);
  if (!uuid) {
    throw Error(Errc::type, fmt::format("\"{}\" is no UUID", printable(text)));
  }
  return *uuid;
}

std::string Uuid::to_string() const {
  const std::string digits = hex_encode({reinterpret_cast<const char*>(octets.data()), octets.size()});
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' + digits.substr(16, 4) +
         '-' + digits.substr(20);
}

Uuid Type<Uuid>::get(const Column& column) {
  const std::optional<Uuid> uuid = parse_uuid(column.text());
  if (!uuid) {
    column.refuse("a UUID");
  }
  return *uuid;
}

void Type<Moment>::bind(Parameter parameter, const Moment& value) {
  const auto day = chrono::floor<chrono::days>(value);
  if (!has_four_digits(day)) {
    parameter.refuse("is a time outside of the years 0 to 9999");
  }
  const chrono::hh_mm_ss time(value - day);
  char text[32];
  std::snprintf(text, sizeof text, " %02d:%02d:%02d.%06d", static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  parameter.text_copy(format_day(day) + text);
}

Moment Type<Moment>::get(const Column& column) {
  const std::optional<Moment> moment = parse_moment(column.text());
  if (!moment) {
    column.refuse("a time");
  }
  return *moment;
}

void Type<chrono::year_month_day>::bind(Parameter parameter, const chrono::year_month_day& value) {
  if (!has_four_digits(value)) {
    parameter.refuse("is no day of the years 0 to 9999");
  }
  parameter.text_copy(format_day(value));
}

chrono::year_month_day Type<chrono::year_month_day>::get(const Column& column) {
  std::string_view text = column.text();
  const auto date = take_day(text);
  if (!date || !text.empty()) {
    column.refuse("a day");
  }
  return *date;
}

}  // namespace posthouse::sql
