#include "posthouse/sql/connection/cursor.h"

#include <limits>

namespace posthouse::sql {

void Cursor::took(detail::Run&& run) {
  if (run.yields_rows()) {
    rows_.emplace(std::move(run));
    description_ = rows_->names();
  } else {
    rowcount_ = run.finish();
  }
}

std::optional<Row> Cursor::fetchone() {
  return rows_ ? rows_->next() : std::nullopt;
}

std::vector<Row> Cursor::fetchmany(std::size_t most) {
  std::vector<Row> rows;
  while (rows.size() < most) {
    std::optional<Row> row = fetchone();
    if (!row) {
      break;
    }
    rows.push_back(std::move(*row));
  }
  return rows;
}

std::vector<Row> Cursor::fetchall() {
  return fetchmany(std::numeric_limits<std::size_t>::max());
}

void Cursor::close() noexcept {
  rows_.reset();
  description_.clear();
  rowcount_ = -1;
}

}  // namespace posthouse::sql
