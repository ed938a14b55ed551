#pragma once
// Statements over many rows at once. Private to this module.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// Calls `f` with the ids in arrays of two sizes only, 1 and 32, so that few statements have to be prepared. What is left
/// of the last one repeats its last id.
template <class Id, class F>
void in_blocks(std::span<const Id> ids, F&& f) {
  constexpr std::size_t many = 32;
  while (!ids.empty()) {
    if (ids.size() == 1) {
      f(std::array<Id, 1>{ids.front()});
      return;
    }
    std::array<Id, many> block;
    const std::size_t taken = std::min(many, ids.size());
    std::fill(std::copy_n(ids.begin(), taken, block.begin()), block.end(), ids[taken - 1]);
    f(block);
    ids = ids.subspan(taken);
  }
}

/// " IN (?, ?)" for two ids.
template <class Id, std::size_t size>
std::string in_list(const std::array<Id, size>&) {
  std::string list = " IN (?";
  for (std::size_t i = 1; i < size; ++i) {
    list += ", ?";
  }
  return list + ")";
}

/// Runs `statement`, whose last parameters are the ids of `block`; how many rows it changed.
template <class Id, std::size_t size, class... Values>
std::int64_t exec_block(sql::Connection& db, const std::string& statement, const std::array<Id, size>& block,
                        const Values&... values) {
  return std::apply([&](const auto&... ids) { return db.exec(statement, values..., ids...); }, block);
}

/// The same for a query; all its rows.
template <class... Columns, class Id, std::size_t size, class... Values>
auto query_block(sql::Connection& db, const std::string& statement, const std::array<Id, size>& block,
                 const Values&... values) {
  return std::apply([&](const auto&... ids) { return db.query<Columns...>(statement, values..., ids...).all(); },
                    block);
}

}  // namespace posthouse::store
