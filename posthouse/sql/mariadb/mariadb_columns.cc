// How the columns of a statement's rows are described, and how they come.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/mariadb/mariadb_statement.h"

namespace posthouse::sql::mariadb {
namespace {

constexpr unsigned binary_charset = 63;
constexpr std::size_t first_capacity = 256;  // octets of text a row may have before a second look is needed

std::int64_t bits_of(std::string_view octets) {
  std::uint64_t bits = 0;
  for (const char octet : octets) {
    bits = bits << 8U | static_cast<unsigned char>(octet);
  }
  return static_cast<std::int64_t>(bits);
}

}  // namespace

int Statement::column_count() const {
  return static_cast<int>(names_.empty() ? mysql_stmt_field_count(statement_) : names_.size());
}

// The library's own description: mysql_stmt_result_metadata would copy it.
std::string_view Statement::column_name(int column) const {
  if (column >= column_count()) {
    return "?";
  }
  if (!names_.empty()) {
    return names_[static_cast<std::size_t>(column)];
  }
  const MYSQL_FIELD& field = statement_->fields[column];
  return {field.name, field.name_length};
}

// The library compares no names.
bool Statement::columns_were_renamed() const noexcept {
  const MYSQL_FIELD* const said = connection_.handle()->fields;
  return !std::equal(
      said, said + mysql_stmt_field_count(statement_), statement_->fields, [](const auto& one, const auto& two) {
        return std::string_view(one.name, one.name_length) == std::string_view(two.name, two.name_length);
      });
}

// Has the library go by the columns that the server has told with the rows.
void Statement::take_over_columns() {
  const MYSQL& mysql = *connection_.handle();
  own_fields_.assign(mysql.fields, mysql.fields + mysql.field_count);
  own_names_.clear();
  for (const MYSQL_FIELD& field : own_fields_) {
    own_names_.emplace_back(field.name, field.name_length);
  }
  for (std::size_t i = 0; i < own_fields_.size(); ++i) {
    // The rest would not last, and is of no use.
    MYSQL_FIELD& field = own_fields_[i];
    field.name = own_names_[i].data();
    field.org_name = field.table = field.org_table = field.db = field.catalog = field.def = nullptr;
    field.extension = nullptr;
  }
  own_binds_.assign(own_fields_.size(), MYSQL_BIND{});
  statement_->fields = own_fields_.data();
  statement_->bind = own_binds_.data();
  statement_->field_count = static_cast<unsigned>(own_fields_.size());
}

// As what a column is read.
CellKind Statement::kind_of(const Layout& layout) {
  switch (layout.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_NULL:
    case MYSQL_TYPE_BIT:
      return CellKind::integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return CellKind::real;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return CellKind::decimal;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return CellKind::text;
    default:
      return layout.charset == binary_charset ? CellKind::blob : CellKind::text;
  }
}

// True when a column comes in another way than before.
bool Statement::describe_columns() {
  const std::size_t count = mysql_stmt_field_count(statement_);
  bool changed = columns_.size() != count;
  if (changed) {
    columns_.resize(count);
  }
  const MYSQL_FIELD* field = statement_->fields;
  for (ColumnBuffer& column : columns_) {
    const Layout layout{field->type, field->charsetnr, field->flags & UNSIGNED_FLAG};
    ++field;
    if (layout == column.layout) {
      continue;
    }
    column.layout = layout;
    column.kind = kind_of(layout);
    column.seldom = column.kind == CellKind::integer && (layout.type == MYSQL_TYPE_BIT || layout.is_unsigned);
    changed = true;
  }
  return changed;
}

// The library keeps what it was told, but forgets it when a statement has several results (CALL).
bool Statement::buffers_are_bound() const noexcept {
  return !results_.empty() && statement_->bind[0].buffer == results_[0].buffer;
}

void Statement::bind_columns() {
  results_.assign(columns_.size(), MYSQL_BIND{});
  cells_.assign(columns_.size(), Cell{});
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnBuffer& column = columns_[i];
    MYSQL_BIND& result = results_[i];
    result.is_null = &column.null;
    result.error = &column.truncated;
    result.length = &column.length;
    const bool bits = column.layout.type == MYSQL_TYPE_BIT;
    if (column.kind == CellKind::integer && !bits) {
      result.buffer_type = MYSQL_TYPE_LONGLONG;
      result.buffer = &cells_[i].integer;
      result.is_unsigned = column.layout.is_unsigned ? 1 : 0;
    } else if (column.kind == CellKind::real) {
      result.buffer_type = MYSQL_TYPE_DOUBLE;
      result.buffer = &cells_[i].real;
    } else {
      if (column.octets.size() < first_capacity) {
        column.octets.resize(first_capacity);
      }
      result.buffer_type = column.kind == CellKind::blob || bits ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
      result.buffer = column.octets.data();
      result.buffer_length = column.octets.size();
    }
  }
  if (mysql_stmt_bind_result(statement_, results_.data()) != 0) {
    connection_.fail(statement_, sql_);
  }
}

void Statement::fetch_long_values() {
  bool grown = false;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnBuffer& column = columns_[i];
    MYSQL_BIND& result = results_[i];
    if (column.null != 0 || result.buffer_length == 0 || column.length <= column.octets.size()) {
      continue;
    }
    column.octets.resize(std::max<std::size_t>(column.length, 2 * column.octets.size()));
    result.buffer = column.octets.data();
    result.buffer_length = column.octets.size();
    if (mysql_stmt_fetch_column(statement_, &result, static_cast<unsigned>(i), 0) != 0) {
      connection_.fail(statement_, sql_);
    }
    grown = true;
  }
  if (grown && mysql_stmt_bind_result(statement_, results_.data()) != 0) {
    connection_.fail(statement_, sql_);
  }
}

// What the library has not put there itself.
void Statement::fill_cells() {
  Cell* cell = cells_.data();
  for (ColumnBuffer& column : columns_) {
    cell->kind = column.null != 0 ? CellKind::null : column.kind;
    if (has_octets(*cell)) {
      cell->bytes = {column.octets.data(), column.length};
    } else if (column.seldom && cell->kind != CellKind::null) {
      fill_seldom(*cell, column);
    }
    ++cell;
  }
}

void Statement::fill_seldom(Cell& cell, ColumnBuffer& column) {
  if (column.layout.type == MYSQL_TYPE_BIT) {
    cell.integer = bits_of({column.octets.data(), column.length});
  } else if (cell.integer < 0) {
    // Beyond 64 bits with a sign: its digits are exact.
    column.octets = std::to_string(static_cast<std::uint64_t>(cell.integer));
    cell.kind = CellKind::decimal;
    cell.bytes = column.octets;
  }
}

}  // namespace posthouse::sql::mariadb
