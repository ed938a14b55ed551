#pragma once
// Rows kept aside, apart from the connection they came over. Private to this module.
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "posthouse/sql/driver.h"

namespace posthouse::sql::mariadb {

/// A queue of rows, each with a copy of its octets.
class RowBuffer {
 public:
  /// Starts a row of which cells are then added.
  void begin_row() { rows_.emplace_back(); }
  void add(const Cell& cell) {
    Row& row = rows_.back();
    row.cells.push_back({cell, row.octets.size()});
    row.octets.append(cell.bytes);
  }
  bool empty() const noexcept { return rows_.empty(); }
  /// The given column of the first row; valid until pop().
  Cell front(int column) const {
    const Row& row = rows_.front();
    const Kept& kept = row.cells[static_cast<std::size_t>(column)];
    Cell cell = kept.cell;
    cell.bytes = std::string_view(row.octets).substr(kept.at, kept.cell.bytes.size());
    return cell;
  }
  void pop() { rows_.pop_front(); }
  void clear() noexcept { rows_.clear(); }

 private:
  struct Kept {
    Cell cell;  // of its bytes only the size counts
    std::size_t at;
  };
  struct Row {
    std::vector<Kept> cells;
    std::string octets;
  };
  std::deque<Row> rows_;
};

}  // namespace posthouse::sql::mariadb
