#pragma once
// Column types beyond numbers, text and blobs. What an engine lacks is kept as text that sorts as the values do; decimal
// numbers where the column has SQLite's COLLATE decimal.
#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/sql/values/value.h"

namespace posthouse::sql {

/// An exact decimal number, as its digits: "-12.50". For DECIMAL columns of MariaDB. SQLite takes the word DECIMAL for a
/// floating-point number: of one of up to 15 digits the decimal is read, of another one Error (type) is thrown. There
/// TEXT COLLATE decimal keeps all digits and compares as numbers do; every connection of this library has that
/// collation, and so has SQLite's shell.
struct Decimal {
  std::string digits = "0";
  bool operator==(const Decimal&) const = default;
};

/// A JSON document as text; not looked into.
struct Json {
  std::string text = "null";
  bool operator==(const Json&) const = default;
};

/// A UUID (RFC 9562), kept as text: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6".
struct Uuid {
  std::array<std::uint8_t, 16> octets{};

  /// A random one (version 4).
  static Uuid random();
  /// Throws Error (type) for anything but 32 hexadecimal digits with hyphens between groups of 8-4-4-4-12.
  static Uuid parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Uuid&) const = default;
};

template <>
struct Type<Decimal> {
  static void bind(Parameter parameter, const Decimal& value);
  static Decimal get(const Column& column);
};
template <>
struct Type<Json> {
  static void bind(Parameter parameter, const Json& value) { parameter.text(value.text); }
  static Json get(const Column& column) { return {std::string(column.text())}; }
};
template <>
struct Type<Uuid> {
  static void bind(Parameter parameter, const Uuid& value) { parameter.text_copy(value.to_string()); }
  static Uuid get(const Column& column);
};

/// A moment in UTC: "2026-11-26 01:02:03.500000". For DATETIME(6), or text. Years 0 to 9999.
template <>
struct Type<std::chrono::sys_time<std::chrono::microseconds>> {
  static void bind(Parameter parameter, const std::chrono::sys_time<std::chrono::microseconds>& value);
  static std::chrono::sys_time<std::chrono::microseconds> get(const Column& column);
};
/// The same in other units; what does not fit the type asked for is cut off.
template <class Duration>
  requires(!std::is_same_v<Duration, std::chrono::microseconds> && !std::is_same_v<Duration, std::chrono::days>)
struct Type<std::chrono::sys_time<Duration>> {
  using Stored = std::chrono::sys_time<std::chrono::microseconds>;
  static void bind(Parameter parameter, const std::chrono::sys_time<Duration>& value) {
    Type<Stored>::bind(parameter, std::chrono::floor<std::chrono::microseconds>(value));
  }
  static std::chrono::sys_time<Duration> get(const Column& column) {
    return std::chrono::floor<Duration>(Type<Stored>::get(column));
  }
};

/// A day: "2026-11-26". For DATE, or text.
template <>
struct Type<std::chrono::year_month_day> {
  static void bind(Parameter parameter, const std::chrono::year_month_day& value);
  static std::chrono::year_month_day get(const Column& column);
};
template <>
struct Type<std::chrono::sys_days> {
  static void bind(Parameter parameter, const std::chrono::sys_days& value) {
    Type<std::chrono::year_month_day>::bind(parameter, value);
  }
  static std::chrono::sys_days get(const Column& column) { return Type<std::chrono::year_month_day>::get(column); }
};

}  // namespace posthouse::sql
