#pragma once
// Conditions and orders of queries, written with members of the structs.
//
//     orm::col(&User::name) == "Ann" && (orm::col(&User::age) >= 18 || orm::col(&User::age).is_null())
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/orm/mapping.h"

namespace posthouse::orm {

/// A condition as SQL with "?" and the values for them.
struct Condition {
  std::string sql;
  std::vector<sql::Value> values;
};

Condition operator&&(Condition a, Condition b);
Condition operator||(Condition a, Condition b);
Condition operator!(Condition a);

/// A column to sort by.
struct Order {
  std::string sql;
};

namespace detail {

/// What `parameter` would be bound to.
sql::Value captured(void (*bind)(sql::Parameter, const void*), const void* value);

template <class V>
sql::Value value_of(const V& value) {
  return captured(
      [](sql::Parameter parameter, const void* at) { sql::detail::bind(parameter, *static_cast<const V*>(at)); },
      &value);
}
inline sql::Value value_of(const char* value) {
  return std::string(value);
}

template <class F>
struct PlainType {
  using type = F;
};
template <class F>
struct PlainType<std::optional<F>> {
  using type = F;
};

template <class F, class V>
inline constexpr bool comparable =
    std::is_convertible_v<V, typename PlainType<F>::type>&& std::is_arithmetic_v<std::decay_t<V>> ==
    std::is_arithmetic_v<typename PlainType<F>::type>;

Condition compare(std::string_view column, std::string_view how, sql::Value value);
Condition any_of(std::string_view column, std::vector<sql::Value> values);
Condition suffixed(std::string_view column, std::string_view suffix);
/// The column for the field at `offset`, with its table. Throws Error (usage) when the field is no column.
std::string column_sql(const Entity& entity, std::size_t offset);

}  // namespace detail

/// A column of T's table, in a condition.
template <class T, class F>
class Col {
 public:
  explicit Col(F T::*field) : sql_(detail::column_sql(detail::entity_of<T>(), detail::offset_of(field))) {}
  const std::string& sql() const noexcept { return sql_; }

  Condition is_null() const { return detail::suffixed(sql_, " IS NULL"); }
  Condition is_not_null() const { return detail::suffixed(sql_, " IS NOT NULL"); }
  /// SQL's LIKE: % stands for anything, _ for one character.
  Condition like(std::string_view pattern) const {
    return detail::compare(sql_, " LIKE ", sql::Value(std::string(pattern)));
  }
  /// One of the elements of a range or list; never true for an empty one.
  Condition in(std::initializer_list<typename detail::PlainType<F>::type> values) const {
    return in<std::initializer_list<typename detail::PlainType<F>::type>>(values);
  }
  template <class Range>
  Condition in(const Range& range) const {
    std::vector<sql::Value> values;
    for (const auto& value : range) values.push_back(detail::value_of(value));
    return detail::any_of(sql_, std::move(values));
  }
  template <class V>
  Condition between(const V& low, const V& high) const {
    return *this >= low && *this <= high;
  }
  Order asc() const { return {sql_ + " ASC"}; }
  Order desc() const { return {sql_ + " DESC"}; }

  template <class V>
  Condition compared(std::string_view how, const V& value) const {
    static_assert(detail::comparable<F, V>, "this column cannot be compared with a value of that type");
    return detail::compare(sql_, how, detail::value_of(value));
  }

 private:
  std::string sql_;
};

template <class T, class F>
Col<T, F> col(F T::*field) {
  return Col<T, F>(field);
}

template <class T, class F, class V>
Condition operator==(const Col<T, F>& column, const V& value) {
  return column.compared(" = ", value);
}
template <class T, class F, class V>
Condition operator!=(const Col<T, F>& column, const V& value) {
  return column.compared(" <> ", value);
}
template <class T, class F, class V>
Condition operator<(const Col<T, F>& column, const V& value) {
  return column.compared(" < ", value);
}
template <class T, class F, class V>
Condition operator<=(const Col<T, F>& column, const V& value) {
  return column.compared(" <= ", value);
}
template <class T, class F, class V>
Condition operator>(const Col<T, F>& column, const V& value) {
  return column.compared(" > ", value);
}
template <class T, class F, class V>
Condition operator>=(const Col<T, F>& column, const V& value) {
  return column.compared(" >= ", value);
}

}  // namespace posthouse::orm
