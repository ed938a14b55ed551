#pragma once
// The one door by which orm goes into sql beyond what programs use. Nothing else of sql::detail is used by orm, and
// nobody else uses this.
#include <string_view>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::sql {

/// A friend of Connection without state.
class OrmGate {
 public:
  /// One run of a statement whose values are bound and whose rows are read one by one.
  using Run = detail::Run;
  /// A run of `sql` on `connection`, which it must not outlive. Throws as Connection::exec.
  static Run start(Connection& connection, std::string_view sql) { return connection.start(sql); }

  // What C++ types are to sql.
  template <class T>
  static constexpr bool is_optional = detail::is_optional<T>;
  template <class T>
  static constexpr bool has_type = detail::HasType<T>;
  /// For a static_assert in the branch that no type should reach.
  template <class T>
  static constexpr bool never = detail::never<T>;
  template <class... Ts>
  using Result = detail::Result<Ts...>;

  template <class T>
  static void bind(Parameter parameter, const T& value) {
    detail::bind(parameter, value);
  }
  template <class T>
  static T get(const Column& column) {
    return detail::get<T>(column);
  }
  /// The value that `bind` gives to a parameter for the `value`.
  static Value captured(void (*bind)(Parameter, const void*), const void* value);
};

}  // namespace posthouse::sql
