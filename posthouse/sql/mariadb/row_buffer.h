#pragma once
// Rows kept aside, apart from the connection they came over. Private to this module.
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "posthouse/sql/driver/driver.h"

namespace posthouse::sql::mariadb {

/// A queue of rows, each with a copy of its octets.
class RowBuffer {
 public:
  void add(std::span<const Cell> cells) {
    std::size_t size = 0;
    for (const Cell& cell : cells) {
      size += has_octets(cell) ? cell.bytes.size() : 0;
    }
    Row& row = rows_.emplace_back();
    row.cells.assign(cells.begin(), cells.end());
    row.octets.reserve(size);  // the cells point into it
    for (Cell& cell : row.cells) {
      if (!has_octets(cell)) {
        continue;
      }
      const char* const begin = row.octets.data() + row.octets.size();
      row.octets.append(cell.bytes);
      cell.bytes = {begin, cell.bytes.size()};
    }
  }
  bool empty() const noexcept { return rows_.empty(); }
  /// The cells of the first row; valid until pop().
  const Cell* front() const noexcept { return rows_.front().cells.data(); }
  void pop() { rows_.pop_front(); }
  void clear() noexcept { rows_.clear(); }

 private:
  struct Row {
    std::vector<Cell> cells;
    std::string octets;
  };
  std::deque<Row> rows_;
};

}  // namespace posthouse::sql::mariadb
