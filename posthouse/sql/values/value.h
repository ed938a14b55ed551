#pragma once
// How C++ values become parameters, and columns become C++ values.
//
// | C++                                   | parameter | column read                                        |
// |---------------------------------------|-----------|----------------------------------------------------|
// | signed and unsigned integers, enums   | INTEGER   | INTEGER that fits the type; anything else: Error   |
// | unsigned ones from 2^63 on            | INTEGER   | MariaDB: BIGINT UNSIGNED; SQLite has none: Error   |
// | bool                                  | 0 or 1    | INTEGER 0 or 1                                     |
// | double, float                         | REAL      | REAL or INTEGER; NaN cannot be bound: Error        |
// | std::string, string_view, const char* | TEXT      | TEXT                                               |
// | sql::Blob, BlobView, spans of bytes   | BLOB      | BLOB                                               |
// | std::optional<T>, std::nullopt        | T or NULL | T or NULL                                          |
// | nullptr, a null const char*           | NULL      |                                                    |
// | sql::Value                            | as it is  | anything                                           |
// | (DECIMAL, which SQLite lacks)         |           | text: exact; double; an integer if it is one       |
// | sql::list(range)                      | as many   | (for `in (?)`)                                     |
// | anything with a sql::Type<T>          | its bind  | its get                                            |
//
// std::string_view and BlobView as column types look into the row and are valid until the next one is asked for.
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/error.h"

namespace posthouse::sql {

/// Octets to bind as, or read from, a BLOB without a copy. Does not own them.
struct BlobView {
  std::string_view bytes;
};

/// Octets read from a BLOB.
struct Blob {
  std::string bytes;
  operator BlobView() const noexcept { return {bytes}; }
  bool operator==(const Blob&) const = default;
};

/// A value of whatever kind: NULL, INTEGER, REAL, TEXT or BLOB.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// `value` as a column would hold it; it looks into `value`.
Cell cell_of(const Value& value);

/// `value` for people: NULL, 42, 1.5, the text itself, x'00ff'.
std::string to_string(const Value& value);

/// The place in a statement where one value goes; for Type<T>::bind.
class Parameter {
 public:
  Parameter(DriverStatement& statement, int index, bool copy) : statement_(statement), index_(index), copy_(copy) {}
  void null() { statement_.bind_null(index_); }
  void integer(std::int64_t value) { statement_.bind_integer(index_, value); }
  /// Throws Error (type) for more than 2^63 - 1 where the engine has no such integers (SQLite).
  void unsigned_integer(std::uint64_t value) {
    if (std::in_range<std::int64_t>(value)) {
      integer(static_cast<std::int64_t>(value));
    } else if (!statement_.bind_unsigned(index_, value)) {
      refuse("is larger than a 64-bit signed integer, the largest this engine has");
    }
  }
  /// Throws Error (type) for NaN, which no engine keeps: it would become NULL.
  void real(double value) {
    if (std::isnan(value)) {
      refuse("is not a number (NaN)");
    }
    statement_.bind_real(index_, value);
  }
  /// The bytes must live until the statement has run, as those of the bound value itself do.
  void text(std::string_view value) { statement_.bind_text(index_, value, copy_); }
  void blob(std::string_view value) { statement_.bind_blob(index_, value, copy_); }
  /// For values made on the spot: the engine takes a copy.
  void text_copy(std::string_view value) { statement_.bind_text(index_, value, true); }
  void blob_copy(std::string_view value) { statement_.bind_blob(index_, value, true); }
  [[noreturn]] void refuse(std::string_view why) const;

 private:
  DriverStatement& statement_;
  int index_;
  bool copy_;
};

/// "integer", "NULL", …
std::string_view to_string(CellKind kind) noexcept;

/// Where a column stands, for error messages.
struct ColumnPlace {
  const DriverStatement* statement;
  std::string_view sql;
  std::uint64_t row;        ///< from 1; 0 when not known
  std::string_view name{};  ///< of the column, where there is no statement to ask
};

/// One column of the current row; for Type<T>::get. Looks at its cell, and must not outlive it.
class Column {
 public:
  Column(const Cell& cell, int index, const ColumnPlace& place) : cell_(cell), index_(index), place_(place) {}
  CellKind kind() const noexcept { return cell_.kind; }
  bool is_null() const noexcept { return cell_.kind == CellKind::null; }
  /// The value. Throws Error (type), which names column, statement and row, when it is of another kind.
  std::int64_t integer() const {
    if (cell_.kind == CellKind::integer) {
      return cell_.integer;
    }
    if (cell_.kind != CellKind::decimal) {
      refuse("an integer");
    }
    return whole_decimal();
  }
  /// The same up to 2^64 - 1; of a negative one: refused.
  std::uint64_t unsigned_integer() const {
    if (cell_.kind == CellKind::decimal) {
      return whole_unsigned_decimal();
    }
    const std::int64_t value = integer();
    if (value < 0) {
      refuse("an integer that fits the type asked for");
    }
    return static_cast<std::uint64_t>(value);
  }
  double real() const {
    if (cell_.kind == CellKind::real) {
      return cell_.real;
    }
    if (cell_.kind == CellKind::integer) {
      return static_cast<double>(cell_.integer);
    }
    if (cell_.kind != CellKind::decimal) {
      refuse("a number");
    }
    return decimal_as_real();
  }
  std::string_view text() const {
    if (cell_.kind != CellKind::text && cell_.kind != CellKind::decimal) {
      refuse("text");
    }
    return cell_.bytes;
  }
  std::string_view blob() const {
    if (cell_.kind != CellKind::blob) {
      refuse("a blob");
    }
    return cell_.bytes;
  }
  /// Throws the error that says that the column is not `wanted`.
  [[noreturn]] void refuse(std::string_view wanted) const;
  /// The value, of whatever kind.
  Value value() const;

 private:
  std::int64_t whole_decimal() const;
  std::uint64_t whole_unsigned_decimal() const;
  double decimal_as_real() const;

  const Cell& cell_;
  int index_;
  const ColumnPlace& place_;
};

/// A value for the parameter `:name`; made by named(). Lives as long as the value.
template <class T>
struct Named {
  std::string_view name;
  const T& value;
};

/// A value for a parameter by name, which may occur more than once.
///
///     db.exec("update user set name = :name where id = :id", sql::named("id", 1), sql::named("name", "Ann"));
template <class T>
Named<T> named(std::string_view name, const T& value) {
  return {name, value};
}

/// The values of a list in parentheses; made by list(). Refers to the range.
template <class Range>
struct List {
  const Range& values;
};

/// A range as the values of one `?`, which stands in parentheses behind IN. Of an empty one nothing is in the list, and
/// everything not in it.
///
///     db.query<std::string>("select name from user where id in (?) and age > ?", sql::list(ids), 17)
///
/// Texts of the same statement with lists of up to 1024 elements share a few prepared statements: what lacks to a power
/// of two is made up by repeating the last value. Not for parameters with names, nor for kept Statements.
template <class Range>
List<Range> list(const Range& range) {
  return {range};
}

/// Teaches sql a type of yours: specialise with
///     static void bind(Parameter parameter, const T& value);
///     static T get(const Column& column);
template <class T>
struct Type;

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
concept HasType = requires { sizeof(Type<T>); };

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<List<T>> = true;

/// As how many parameters a list of `size` values is bound.
constexpr std::size_t places_of_list(std::size_t size) noexcept {
  constexpr std::size_t most_rounded = 1024;
  return size > most_rounded ? size : size == 0 ? 0 : std::bit_ceil(size);
}

/// The same of any argument.
template <class T>
std::size_t places(const T& value) {
  if constexpr (is_list<T>) {
    return places_of_list(static_cast<std::size_t>(std::ranges::distance(value.values)));
  } else {
    return 1;
  }
}

template <class T>
inline constexpr bool is_named = false;
template <class T>
inline constexpr bool is_named<Named<T>> = true;

/// Plain structs whose fields are columns: aggregates that are no column type themselves.
template <class T>
concept Record =
    std::is_aggregate_v<T> && std::is_class_v<T> && !HasType<T> && !std::is_same_v<T, Blob> &&
    !std::is_same_v<T, BlobView> && !is_named<T> && !is_list<T> && !std::is_convertible_v<T, std::string_view> &&
    !std::is_convertible_v<const T&, std::span<const std::byte>> && !requires { std::tuple_size<T>::value; };

/// For static_assert in the branch that no type should reach.
template <class>
inline constexpr bool never = false;

/// True for column types that look into the row instead of owning their value.
template <class T>
inline constexpr bool is_view =
    std::is_same_v<T, std::string_view> || std::is_same_v<T, BlobView> ||
    std::is_same_v<T, std::optional<std::string_view>> || std::is_same_v<T, std::optional<BlobView>>;

template <class T>
void bind(Parameter parameter, const T& value) {
  if constexpr (HasType<T>) {
    Type<T>::bind(parameter, value);
  } else if constexpr (std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::nullopt_t> ||
                       std::is_same_v<T, std::monostate>) {
    parameter.null();
  } else if constexpr (is_optional<T>) {
    if (value) {
      bind(parameter, *value);
    } else {
      parameter.null();
    }
  } else if constexpr (std::is_same_v<T, bool>) {
    parameter.integer(value ? 1 : 0);
  } else if constexpr (std::is_enum_v<T>) {
    bind(parameter, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (is_character<T>) {
    static_assert(never<T>, "bind a character as a string or as an integer, and say which");
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_unsigned_v<T>) {
      parameter.unsigned_integer(value);
    } else {
      parameter.integer(value);
    }
  } else if constexpr (std::is_floating_point_v<T>) {
    parameter.real(static_cast<double>(value));
  } else if constexpr (std::is_same_v<T, Value>) {
    std::visit([&](const auto& held) { bind(parameter, held); }, value);
  } else if constexpr (std::is_same_v<T, Blob> || std::is_same_v<T, BlobView>) {
    parameter.blob(value.bytes);
  } else if constexpr (std::is_convertible_v<const T&, std::span<const std::byte>>) {
    const std::span<const std::byte> bytes(value);
    parameter.blob({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } else if constexpr (std::is_pointer_v<T> && std::is_convertible_v<T, const char*>) {
    if (value == nullptr) {
      parameter.null();
    } else {
      parameter.text(value);
    }
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    parameter.text(value);
  } else {
    static_assert(never<T>, "sql cannot bind this type: specialise posthouse::sql::Type for it");
  }
}

template <class T>
T get(const Column& column) {
  if constexpr (HasType<T>) {
    return Type<T>::get(column);
  } else if constexpr (is_optional<T>) {
    return column.is_null() ? T(std::nullopt) : T(get<typename T::value_type>(column));
  } else if constexpr (std::is_same_v<T, bool>) {
    const std::int64_t value = column.integer();
    if (value != 0 && value != 1) {
      column.refuse("0 or 1");
    }
    return value == 1;
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(get<std::underlying_type_t<T>>(column));
  } else if constexpr (is_character<T>) {
    static_assert(never<T>, "read a character as a string or as an integer");
  } else if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::uint64_t)) {
    return static_cast<T>(column.unsigned_integer());
  } else if constexpr (std::is_integral_v<T>) {
    const std::int64_t value = column.integer();
    if (!std::in_range<T>(value)) {
      column.refuse("an integer that fits the type asked for");
    }
    return static_cast<T>(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(column.real());
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    return T(column.text());
  } else if constexpr (std::is_same_v<T, Value>) {
    return column.value();
  } else if constexpr (std::is_same_v<T, Blob>) {
    return Blob{std::string(column.blob())};
  } else if constexpr (std::is_same_v<T, BlobView>) {
    return BlobView{column.blob()};
  } else if constexpr (std::is_same_v<T, std::vector<std::byte>>) {
    const std::string_view bytes = column.blob();
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    return T(begin, begin + bytes.size());
  } else {
    static_assert(never<T>, "sql cannot read this type: specialise posthouse::sql::Type for it");
  }
}

}  // namespace detail
}  // namespace posthouse::sql
