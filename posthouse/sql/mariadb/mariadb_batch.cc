#include "posthouse/sql/mariadb/mariadb_batch.h"

namespace posthouse::sql::mariadb {

bool Batch::fits(const std::vector<MYSQL_BIND>& row) const {
  if (rows_ == 0) {
    return true;
  }
  std::size_t octets = octets_.size();
  for (const MYSQL_BIND& value : row) {
    octets += value.buffer_length;
  }
  if (rows_ == most_rows || octets > most_octets) {
    return false;
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    const enum_field_types type = row[i].buffer_type;
    const enum_field_types seen = columns_[i].type;
    if (type != MYSQL_TYPE_NULL && seen != MYSQL_TYPE_NULL &&
        (type != seen || row[i].is_unsigned != columns_[i].is_unsigned)) {
      return false;
    }
  }
  return true;
}

bool Batch::add(const std::vector<MYSQL_BIND>& row) {
  columns_.resize(row.size());
  if (!fits(row)) {
    return false;
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    add(columns_[i], row[i]);
  }
  ++rows_;
  return true;
}

void Batch::add(Column& column, const MYSQL_BIND& value) {
  const bool null = value.buffer_type == MYSQL_TYPE_NULL;
  if (!null) {
    column.type = value.buffer_type;
    column.is_unsigned = value.is_unsigned;
  }
  column.indicators.push_back(null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
  // The array of the type is made as long as the rows before, which were NULL, when the type shows.
  if (column.type == MYSQL_TYPE_LONGLONG) {
    column.integers.resize(rows_ + 1);
    if (!null) {
      column.integers.back() = *static_cast<const std::int64_t*>(value.buffer);
    }
  } else if (column.type == MYSQL_TYPE_DOUBLE) {
    column.reals.resize(rows_ + 1);
    if (!null) {
      column.reals.back() = *static_cast<const double*>(value.buffer);
    }
  } else if (column.type != MYSQL_TYPE_NULL) {
    column.offsets.resize(rows_, 0);
    column.lengths.resize(rows_, 0);
    column.offsets.push_back(octets_.size());
    column.lengths.push_back(null ? 0 : value.buffer_length);
    if (!null) {
      octets_.append(static_cast<const char*>(value.buffer), value.buffer_length);
    }
  }
}

std::vector<MYSQL_BIND> Batch::arrays() {
  std::vector<MYSQL_BIND> arrays(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    MYSQL_BIND& array = arrays[i];
    array.buffer_type = column.type == MYSQL_TYPE_NULL ? MYSQL_TYPE_LONGLONG : column.type;
    array.is_unsigned = column.is_unsigned;
    array.u.indicator = column.indicators.data();
    if (array.buffer_type == MYSQL_TYPE_LONGLONG) {
      column.integers.resize(rows_);  // of a column with NULLs only
      array.buffer = column.integers.data();
    } else if (array.buffer_type == MYSQL_TYPE_DOUBLE) {
      array.buffer = column.reals.data();
    } else {
      column.pointers.clear();
      for (const std::size_t offset : column.offsets) {
        column.pointers.push_back(octets_.data() + offset);
      }
      array.buffer = column.pointers.data();
      array.length = column.lengths.data();
    }
  }
  return arrays;
}

void Batch::clear() noexcept {
  rows_ = 0;
  octets_.clear();
  for (Column& column : columns_) {
    column.type = MYSQL_TYPE_NULL;
    column.integers.clear();
    column.reals.clear();
    column.offsets.clear();
    column.lengths.clear();
    column.indicators.clear();
  }
}

}  // namespace posthouse::sql::mariadb
