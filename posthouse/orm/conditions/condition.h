#pragma once
// Conditions and orders of queries, written with members of the structs.
//
//     orm::col(&User::name) == "Ann" && (orm::col(&User::age) >= 18 || orm::col(&User::age).is_null())
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/orm/mapping/mapping.h"

namespace posthouse::orm {

namespace detail {

/// SQL that grows, and the values for its "?"s. What copies and destroys one is not inline: programs make many in each
/// query, and would compile it each time.
struct SqlText {
  SqlText();
  explicit SqlText(std::string text);
  SqlText(std::string text, std::vector<sql::Value> parameters);
  SqlText(const SqlText& other);
  SqlText(SqlText&& other) noexcept;
  SqlText& operator=(const SqlText& other);
  SqlText& operator=(SqlText&& other) noexcept;
  ~SqlText();

  SqlText& add(std::string_view text);
  SqlText& add(std::string_view text, const std::vector<sql::Value>& more);

  std::string sql;
  std::vector<sql::Value> values;
};

}  // namespace detail

/// SQL with a "?" for each of the values.
struct Condition : detail::SqlText {
  using SqlText::SqlText;
};

Condition operator&&(Condition a, Condition b);
Condition operator||(Condition a, Condition b);
Condition operator!(Condition a);

/// What to sort by.
struct Order : detail::SqlText {
  using SqlText::SqlText;
  bool descending = false;
};

namespace detail {

template <class V>
sql::Value value_of(const V& value) {
  if constexpr (std::is_integral_v<V> && sizeof(V) <= sizeof(std::int64_t) && std::is_signed_v<V>) {
    return std::int64_t{value};
  } else {
    return sql::OrmGate::captured(
        [](sql::Parameter parameter, const void* at) { sql::OrmGate::bind(parameter, *static_cast<const V*>(at)); },
        &value);
  }
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
    std::is_convertible_v<V, typename PlainType<F>::type> &&
    std::is_arithmetic_v<std::decay_t<V>> == std::is_arithmetic_v<typename PlainType<F>::type>;

/// An expression without its type.
struct Expression : SqlText {
  using SqlText::SqlText;
  const Entity* entity = nullptr;  ///< whose table it is a column of
};

Condition compare(std::string_view column, std::string_view how, sql::Value value);
Condition compare(const Expression& a, std::string_view how, const Expression& b);
Condition any_of(std::string_view column, std::vector<sql::Value> values);
Condition any_of(const Expression& expression, std::vector<sql::Value> values);
Order order_by(const Expression& expression, bool descending);
/// `before`, `a`, `between`, `b`, `behind` one after the other, with the values of both.
Expression composed(std::string_view before, const Expression& a, std::string_view between, const Expression& b,
                    std::string_view behind);
Expression constant(sql::Value value);
/// The column for the field at `offset`, with its table, which the statement may call `alias`. Throws Error (usage) when
/// the field is no column.
std::string column_sql(const Entity& entity, std::size_t offset, std::string_view alias = {});
/// That column as an expression.
Expression column_expression(const Entity& entity, std::size_t offset);
/// Of a table that is joined under another name: no statement begins with it.
Expression column_expression(const Entity& entity, std::size_t offset, std::string_view alias);

}  // namespace detail

template <class F>
class Expr;

namespace detail {

template <class T>
struct ExprType {
  static constexpr bool is = false;
};
template <class F>
struct ExprType<Expr<F>> {
  static constexpr bool is = true;
  using type = F;
};

/// `value`, which an F is compared with or set to, as an expression.
template <class F, class V>
Expression operand(const V& value) {
  if constexpr (ExprType<V>::is) {
    static_assert(comparable<F, typename PlainType<typename ExprType<V>::type>::type>,
                  "these two expressions have different types: a column is compared with, or set to, one of its own");
    return value.expression();
  } else {
    static_assert(!std::is_same_v<V, std::nullopt_t> && !std::is_same_v<V, std::nullptr_t>,
                  "nothing equals NULL in SQL: ask for is_null() or is_not_null()");
    static_assert(comparable<F, V>, "this column cannot be compared with, or set to, a value of that type");
    return constant(value_of(value));
  }
}

}  // namespace detail

/// An SQL expression whose value is an F (a std::optional when it may be NULL): a column, or what is made of columns.
template <class F>
class Expr {
 public:
  explicit Expr(detail::Expression&& expression) : expression_(std::move(expression)) {}
  explicit Expr(const detail::Expression& expression) : expression_(expression) {}
  /// The column for the field at `offset`.
  Expr(const detail::Entity& entity, std::size_t offset) : expression_(detail::column_expression(entity, offset)) {}
  const detail::Expression& expression() const noexcept { return expression_; }

  Condition is_null() const { return detail::compare(expression_, " IS NULL", {}); }
  Condition is_not_null() const { return detail::compare(expression_, " IS NOT NULL", {}); }
  /// SQL's LIKE: % stands for anything, _ for one character. Case of ASCII letters does not matter.
  Condition like(std::string_view pattern) const {
    static_assert(std::is_same_v<typename detail::PlainType<F>::type, std::string>, "like() is for text");
    return detail::compare(expression_, " LIKE ", detail::constant(sql::Value(std::string(pattern))));
  }
  /// One of the elements of a range or list; never true for an empty one.
  Condition in(std::initializer_list<typename detail::PlainType<F>::type> values) const {
    return in<std::initializer_list<typename detail::PlainType<F>::type>>(values);
  }
  /// One of the values that a query of one column (Session::select) finds.
  template <class Range>
  Condition in(const Range& range) const {
    if constexpr (requires { range.subquery(); }) {
      static_assert(detail::comparable<F, typename detail::PlainType<typename Range::Value>::type>,
                    "in() wants a query of one column of the same type");
      return detail::compare(expression_, " IN ", range.subquery());
    } else {
      std::vector<sql::Value> values;
      for (const auto& value : range) {
        static_assert(detail::comparable<F, std::decay_t<decltype(value)>>,
                      "in() wants a list of values that the column can be compared with");
        values.push_back(detail::value_of(value));
      }
      return detail::any_of(expression_, std::move(values));
    }
  }
  /// Both bounds included.
  template <class V, class W>
  Condition between(const V& low, const W& high) const {
    return *this >= low && *this <= high;
  }
  Order asc() const { return detail::order_by(expression_, false); }
  Order desc() const { return detail::order_by(expression_, true); }
  /// The same where it may be NULL, as columns of a left_join's table may.
  Expr<std::optional<typename detail::PlainType<F>::type>> or_null() const {
    return Expr<std::optional<typename detail::PlainType<F>::type>>(expression_);
  }

  template <class V>
  Condition compared(std::string_view how, const V& value) const {
    return detail::compare(expression_, how, detail::operand<F>(value));
  }
  template <class V>
  Expr computed(std::string_view how, const V& value) const {
    static_assert(std::is_arithmetic_v<typename detail::PlainType<F>::type>, "arithmetic is for numbers");
    return Expr(detail::composed("(", expression_, how, detail::operand<F>(value), ")"));
  }

 private:
  detail::Expression expression_;
};

/// The column a member is mapped to.
template <class T, class F>
Expr<F> col(F T::* field) {
  return Expr<F>(detail::entity_of<T>(), detail::offset_of(field));
}

/// Another name for the table of T, by which a query joins it although the table is there already: of a tree, or of two
/// foreign keys to one table.
///
///     const auto parent = orm::alias<Node>("parent");
///     session.query<Node>().join(&Node::parent, parent).filter(parent.col(&Node::name) == "root").all();
template <class T>
class Alias {
 public:
  explicit Alias(std::string name) : name_(std::move(name)) {}
  const std::string& name() const noexcept { return name_; }
  /// The column a member is mapped to, of the table under this name.
  template <class F>
  Expr<F> col(F T::* field) const {
    return Expr<F>(detail::column_expression(detail::entity_of<T>(), detail::offset_of(field), name_));
  }

 private:
  std::string name_;
};

template <class T>
Alias<T> alias(std::string_view name) {
  return Alias<T>(std::string(name));
}

/// What an SQL function of the engine makes of these expressions.
///
///     orm::call<std::string>("lower", orm::col(&User::name)) == "ann"
template <class R, class F, class... Rest>
Expr<R> call(std::string_view function, const Expr<F>& first, const Expr<Rest>&... rest) {
  detail::Expression arguments = first.expression();
  ((arguments = detail::composed("", arguments, ", ", rest.expression(), "")), ...);
  return Expr<R>(detail::composed(std::string(function) + "(", arguments, ")", {}, ""));
}

template <class F, class V>
Condition operator==(const Expr<F>& column, const V& value) {
  return column.compared(" = ", value);
}
template <class F, class V>
Condition operator!=(const Expr<F>& column, const V& value) {
  return column.compared(" <> ", value);
}
template <class F, class V>
Condition operator<(const Expr<F>& column, const V& value) {
  return column.compared(" < ", value);
}
template <class F, class V>
Condition operator<=(const Expr<F>& column, const V& value) {
  return column.compared(" <= ", value);
}
template <class F, class V>
Condition operator>(const Expr<F>& column, const V& value) {
  return column.compared(" > ", value);
}
template <class F, class V>
Condition operator>=(const Expr<F>& column, const V& value) {
  return column.compared(" >= ", value);
}
template <class F, class V>
Expr<F> operator+(const Expr<F>& column, const V& value) {
  return column.computed(" + ", value);
}
template <class F, class V>
Expr<F> operator-(const Expr<F>& column, const V& value) {
  return column.computed(" - ", value);
}
template <class F, class V>
Expr<F> operator*(const Expr<F>& column, const V& value) {
  return column.computed(" * ", value);
}

/// What Query::update sets a column to: a value, or an expression of columns.
///
///     session.query<User>().update(orm::set(&User::age, orm::col(&User::age) + 1), orm::set(&User::level, 2));
struct Assignment {
  const detail::Entity* entity;
  std::size_t offset;
  detail::Expression value;
};
template <class T, class F, class V>
Assignment set(F T::* field, const V& value) {
  if constexpr (std::is_same_v<V, std::nullopt_t>) {
    static_assert(sql::OrmGate::is_optional<F>, "this column cannot be NULL: its member is no std::optional");
    return {&detail::entity_of<T>(), detail::offset_of(field), detail::constant(std::monostate())};
  } else if constexpr (std::is_same_v<V, F>) {
    return {&detail::entity_of<T>(), detail::offset_of(field), detail::constant(detail::value_of(value))};
  } else {
    return {&detail::entity_of<T>(), detail::offset_of(field), detail::operand<F>(value)};
  }
}

}  // namespace posthouse::orm
