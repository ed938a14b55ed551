#pragma once
// A row whose columns are known only when the program runs.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/values/value.h"

namespace posthouse::sql {

/// One row of a query without column types, with values of its own: it may be kept.
///
///     for (const sql::Row& row : db.query("select * from user"))
///       std::cout << row.get<std::string>("name") << '\n';
class Row {
 public:
  using Names = std::shared_ptr<const std::vector<std::string>>;
  /// `exact` tells which of the values are the digits of exact numbers (DECIMAL); empty where none is.
  Row(Names names, std::vector<Value> values, std::vector<bool> exact = {})
      : names_(std::move(names)), values_(std::move(values)), exact_(std::move(exact)) {}

  std::size_t size() const noexcept { return values_.size(); }
  /// The names of the columns, as the engine gives them.
  const std::vector<std::string>& names() const noexcept { return *names_; }
  const std::vector<Value>& values() const noexcept { return values_; }
  /// By position from 0, or by name: as it is spelled, or else whatever its case, as SQL takes names; of several columns
  /// of one name the first. Throws Error (usage) where there is none.
  const Value& operator[](std::size_t column) const { return values_[checked(column)]; }
  const Value& operator[](std::string_view name) const { return values_[find(name)]; }
  /// The same as a T. Throws Error (type) when it is something else.
  template <class T>
  T get(std::size_t column) const {
    return convert<T>(checked(column));
  }
  template <class T>
  T get(std::string_view name) const {
    return convert<T>(find(name));
  }
  auto begin() const noexcept { return values_.begin(); }
  auto end() const noexcept { return values_.end(); }
  bool operator==(const Row& other) const { return values_ == other.values_; }

 private:
  std::size_t checked(std::size_t column) const;
  std::size_t find(std::string_view name) const;
  template <class T>
  T convert(std::size_t column) const {
    static_assert(!detail::is_view<T>, "ask for std::string or Blob");
    const ColumnPlace place{nullptr, {}, 0, (*names_)[column]};
    Cell cell = cell_of(values_[column]);
    if (!exact_.empty() && exact_[column]) {
      cell.kind = CellKind::decimal;
    }
    return detail::get<T>(Column(cell, static_cast<int>(column), place));
  }

  Names names_;
  std::vector<Value> values_;
  std::vector<bool> exact_;
};

}  // namespace posthouse::sql
