#pragma once
// Many runs of one statement. Programs use Connection::exec_many.
#include <cstdint>
#include <memory>
#include <string_view>

#include "posthouse/sql/statement/statement.h"

namespace posthouse::sql {

class Connection;

namespace detail {

class TransactionScope;

class Batch {
 public:
  /// `whole`: opens a transaction (a savepoint where one is open), and undoes all unless finish() is reached.
  Batch(Connection& connection, ConnectionState& state, std::string_view sql, bool whole);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  /// One run, with the elements of a tuple, the fields of a plain struct, or a single value.
  template <class Values>
  void add(const Values& values) {
    run_.bind_element(values);
    run_.add_to_batch();
  }
  /// Runs what is left, commits, and returns how many rows were changed in all.
  std::int64_t finish();

 private:
  ConnectionState& state_;
  std::unique_ptr<TransactionScope> scope_;  // null unless whole
  Run run_;
  std::int64_t before_;
};

}  // namespace detail
}  // namespace posthouse::sql
