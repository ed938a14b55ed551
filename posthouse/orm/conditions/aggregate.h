#pragma once
// What is computed of many rows: for Session::select, group_by and having. SQL's NULL, of no rows, is an empty
// std::optional.
//
//     session.select(orm::col(&User::city), orm::count(), orm::avg(orm::col(&User::age)))
//         .group_by(orm::col(&User::city)).having(orm::count() > 10).all();
#include <cstdint>
#include <optional>
#include <type_traits>

#include "posthouse/orm/conditions/condition.h"

namespace posthouse::orm {

namespace detail {

template <class F>
inline constexpr bool is_number = std::is_arithmetic_v<typename PlainType<F>::type>;

template <class R, class F>
Expr<R> aggregate(std::string_view function, const Expr<F>& of) {
  return Expr<R>(composed(function, of.expression(), ")", {}, ""));
}

}  // namespace detail

/// How many rows.
inline Expr<std::int64_t> count() {
  return Expr<std::int64_t>(detail::Expression("COUNT(*)"));
}
/// How many rows in which it is not NULL.
template <class F>
Expr<std::int64_t> count(const Expr<F>& of) {
  return detail::aggregate<std::int64_t>("COUNT(", of);
}
/// How many different values, NULL left out.
template <class F>
Expr<std::int64_t> count_distinct(const Expr<F>& of) {
  return detail::aggregate<std::int64_t>("COUNT(DISTINCT ", of);
}
/// Of integers an integer (Error where it leaves the 64 bits), else a double.
template <class F>
auto sum(const Expr<F>& of) {
  static_assert(detail::is_number<F>, "sum() is for columns of numbers");
  using Sum = std::conditional_t<std::is_integral_v<typename detail::PlainType<F>::type>, std::int64_t, double>;
  return detail::aggregate<std::optional<Sum>>("SUM(", of);
}
template <class F>
Expr<std::optional<double>> avg(const Expr<F>& of) {
  static_assert(detail::is_number<F>, "avg() is for columns of numbers");
  return detail::aggregate<std::optional<double>>("AVG(", of);
}
template <class F>
auto min(const Expr<F>& of) {
  return detail::aggregate<std::optional<typename detail::PlainType<F>::type>>("MIN(", of);
}
template <class F>
auto max(const Expr<F>& of) {
  return detail::aggregate<std::optional<typename detail::PlainType<F>::type>>("MAX(", of);
}

}  // namespace posthouse::orm
