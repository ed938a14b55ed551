#pragma once
// Many runs of one statement, all or nothing. Programs use Connection::exec_many.
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "posthouse/sql/statement/statement.h"

namespace posthouse::sql {

class Connection;

namespace detail {

class TransactionScope;

template <class T>
concept TupleLike = requires { std::tuple_size<T>::value; };

/// Opens a transaction (a savepoint where one is open), runs, and undoes all unless finish() is reached.
class Batch {
 public:
  Batch(Connection& connection, ConnectionState& state, std::string_view sql);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  /// One run, with the elements of a tuple, the fields of a plain struct, or a single value. Takes a copy.
  template <class Values>
  void add(const Values& values) {
    if constexpr (TupleLike<Values>) {
      std::apply([&](const auto&... each) { run_.bind(true, each...); }, values);
    } else if constexpr (Record<Values>) {
      std::apply([&](const auto&... each) { run_.bind(true, each...); }, tie_fields(values));
    } else {
      run_.bind(true, values);
    }
    run_.add_to_batch();
  }
  /// Runs what is left, commits, and returns how many rows were changed in all.
  std::int64_t finish();

 private:
  ConnectionState& state_;
  std::unique_ptr<TransactionScope> scope_;
  Run run_;
  std::int64_t before_;
};

}  // namespace detail
}  // namespace posthouse::sql
