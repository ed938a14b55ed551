#include "posthouse/sql/connection/cursor.h"

#include <limits>

namespace posthouse::sql {

void Cursor::took(detail::Run&& run) {
  if (!run.may_yield_rows()) {
    rowcount_ = run.finish();
    return;
  }
  rows_.emplace(std::move(run));
  description_ = rows_->names();
  if (description_.empty()) {
    rowcount_ = connection_->changes();
  }
}

bool Cursor::nextset() {
  if (!rows_ || !rows_->next_result()) {
    close();
    return false;
  }
  description_ = rows_->names();
  return true;
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
