#pragma once
// What the ORM knows of a C++ type that a column is mapped to. One FieldType for each type, shared by all entities, so
// that an entity costs the compiler little. Private to this module; programs use describe.
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "posthouse/orm/mapping/fingerprint.h"
#include "posthouse/sql/orm_gate.h"
#include "posthouse/sql/values/types.h"

namespace posthouse::orm::detail {

/// What kind of column keeps such values, on whatever engine.
enum class ColumnKind : std::uint8_t { boolean, integer, real, text, blob, decimal, moment, day, uuid, json };

struct FieldType {
  ColumnKind kind;
  bool nullable;  ///< std::optional
  void (*bind)(sql::Parameter parameter, const void* field);
  void (*read)(const sql::Column& column, void* field);
  void (*copy)(const void* from, void* to);         ///< Between fields of this type.
  std::uint64_t (*fingerprint)(const void* field);  ///< Another one when the value is another.
  /// The value of a field of kind integer; nothing when it is NULL or fits no std::int64_t.
  std::optional<std::int64_t> (*integer)(const void* field);
};

template <class F>
consteval ColumnKind kind_of() {
  if constexpr (sql::OrmGate::is_optional<F>) {
    return kind_of<typename F::value_type>();
  } else if constexpr (std::is_same_v<F, bool>) {
    return ColumnKind::boolean;
  } else if constexpr (std::is_integral_v<F> || std::is_enum_v<F>) {
    return ColumnKind::integer;
  } else if constexpr (std::is_floating_point_v<F>) {
    return ColumnKind::real;
  } else if constexpr (std::is_same_v<F, std::string>) {
    return ColumnKind::text;
  } else if constexpr (std::is_same_v<F, sql::Decimal>) {
    return ColumnKind::decimal;
  } else if constexpr (std::is_same_v<F, sql::Uuid>) {
    return ColumnKind::uuid;
  } else if constexpr (std::is_same_v<F, sql::Json>) {
    return ColumnKind::json;
  } else if constexpr (std::is_same_v<F, std::chrono::year_month_day>) {
    return ColumnKind::day;
  } else if constexpr (requires(F f) { std::chrono::floor<std::chrono::microseconds>(f); }) {
    return ColumnKind::moment;
  } else if constexpr (std::is_same_v<F, sql::Blob>) {
    return ColumnKind::blob;
  } else {
    static_assert(sql::OrmGate::has_type<F>, "the ORM cannot keep this type: specialise posthouse::sql::Type for it");
    return ColumnKind::text;
  }
}

template <class F>
void bind_field(sql::Parameter parameter, const void* field) {
  sql::OrmGate::bind(parameter, *static_cast<const F*>(field));
}

template <class F>
std::uint64_t fingerprint_field(const void* field) {
  const F& value = *static_cast<const F*>(field);
  if constexpr (sql::OrmGate::has_type<F>) {
    return fingerprint_bound(&bind_field<F>, field);
  } else if constexpr (sql::OrmGate::is_optional<F>) {
    return value ? fingerprint_field<typename F::value_type>(&*value) : ~std::uint64_t{0};
  } else if constexpr (std::is_integral_v<F> || std::is_enum_v<F>) {
    return fingerprint(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_same_v<F, double>) {
    return fingerprint(std::bit_cast<std::uint64_t>(value));
  } else if constexpr (std::is_same_v<F, std::string>) {
    return fingerprint(std::string_view(value));
  } else if constexpr (std::is_same_v<F, sql::Blob>) {
    return fingerprint(std::string_view(value.bytes));
  } else {
    return fingerprint_bound(&bind_field<F>, field);
  }
}

template <class F>
std::optional<std::int64_t> integer_field([[maybe_unused]] const void* field) {
  if constexpr (sql::OrmGate::has_type<F>) {
    return std::nullopt;
  } else if constexpr (sql::OrmGate::is_optional<F>) {
    const F& value = *static_cast<const F*>(field);
    return value ? integer_field<typename F::value_type>(&*value) : std::nullopt;
  } else if constexpr (std::is_enum_v<F> || std::is_same_v<F, bool>) {
    return static_cast<std::int64_t>(*static_cast<const F*>(field));
  } else if constexpr (std::is_integral_v<F>) {
    const F value = *static_cast<const F*>(field);
    return std::in_range<std::int64_t>(value) ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt;
  } else {
    return std::nullopt;
  }
}

template <class F>
inline constexpr FieldType field_type{
    kind_of<F>(),
    sql::OrmGate::is_optional<F>,
    &bind_field<F>,
    [](const sql::Column& column, void* field) { *static_cast<F*>(field) = sql::OrmGate::get<F>(column); },
    [](const void* from, void* to) { *static_cast<F*>(to) = *static_cast<const F*>(from); },
    &fingerprint_field<F>,
    &integer_field<F>};

}  // namespace posthouse::orm::detail
