#include "posthouse/sql/mariadb/mariadb_statement.h"

#include <algorithm>
#include <string>
#include <utility>

#include "posthouse/fiber/run.h"
#include "posthouse/sql/error.h"
#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/mariadb/mariadb_error.h"

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

Statement::Statement(MariadbConnection& connection, std::string_view sql)
    : connection_(connection), sql_(sql), statement_(mysql_stmt_init(connection.handle())) {
  if (statement_ == nullptr) {
    fail(connection.handle(), sql);
  }
  try {
    connection_.make_room();
    if (fiber::blocking([&] { return mysql_stmt_prepare(statement_, sql.data(), sql.size()); }) != 0) {
      fail(statement_, sql);
    }
    parameters_.resize(mysql_stmt_param_count(statement_));
    arguments_.resize(parameters_.size());
    describe_columns();
  } catch (...) {
    mysql_stmt_close(statement_);
    throw;
  }
}

Statement::~Statement() {
  connection_.forget(this);
  mysql_stmt_close(statement_);  // tells the server and waits for nothing
}

int Statement::column_count() const {
  return static_cast<int>(mysql_stmt_field_count(statement_));
}

// The library's own description: mysql_stmt_result_metadata would copy it.
std::string_view Statement::column_name(int column) const {
  if (column >= column_count()) {
    return "?";
  }
  const MYSQL_FIELD& field = statement_->fields[column];
  return {field.name, field.name_length};
}

// Parameters --------------------------------------------------------------------------------------------------------
//
// The client library keeps what it was told of the parameters until it is told anew, and sends a list of their types to
// the server when it was. Where nothing but numbers have changed, it reads them where it did before.

void Statement::bind_null(int index) {
  if (parameter(index).buffer_type == MYSQL_TYPE_NULL) {
    return;
  }
  parameter(index) = {};
  parameter(index).buffer_type = MYSQL_TYPE_NULL;
  parameters_changed_ = true;
}

void Statement::bind_integer(int index, std::int64_t value) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  argument.integer = value;
  bind_number(index, MYSQL_TYPE_LONGLONG, &argument.integer);
}

void Statement::bind_real(int index, double value) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  argument.real = value;
  bind_number(index, MYSQL_TYPE_DOUBLE, &argument.real);
}

void Statement::bind_number(int index, enum_field_types type, void* number) {
  MYSQL_BIND& bound = parameter(index);
  if (bound.buffer_type == type) {
    return;
  }
  bound = {};
  bound.buffer_type = type;
  bound.buffer = number;
  parameters_changed_ = true;
}

void Statement::bind_text(int index, std::string_view value, bool copy) {
  bind_octets(index, value, copy, MYSQL_TYPE_STRING);
}

void Statement::bind_blob(int index, std::string_view value, bool copy) {
  bind_octets(index, value, copy, MYSQL_TYPE_BLOB);
}

void Statement::bind_octets(int index, std::string_view value, bool copy, enum_field_types type) {
  connection_.expect_room_for(value.size(), sql_);
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  if (copy) {
    argument.copy.assign(value);
    value = argument.copy;
  }
  argument.length = value.size();
  MYSQL_BIND& bound = parameter(index);
  if (bound.buffer_type != type) {
    bound = {};
    bound.buffer_type = type;
    bound.length = &argument.length;
  }
  bound.buffer = const_cast<char*>(value.data() == nullptr ? "" : value.data());
  bound.buffer_length = argument.length;
  parameters_changed_ = true;
}

std::vector<CellKind> Statement::parameter_kinds() const {
  std::vector<CellKind> kinds;
  for (const MYSQL_BIND& bound : parameters_) {
    switch (bound.buffer_type) {
      case MYSQL_TYPE_LONGLONG:
        kinds.push_back(CellKind::integer);
        break;
      case MYSQL_TYPE_DOUBLE:
        kinds.push_back(CellKind::real);
        break;
      case MYSQL_TYPE_STRING:
        kinds.push_back(CellKind::text);
        break;
      case MYSQL_TYPE_BLOB:
        kinds.push_back(CellKind::blob);
        break;
      default:
        kinds.push_back(CellKind::null);
    }
  }
  return kinds;
}

void Statement::bind_parameters() {
  if (!parameters_changed_ || parameters_.empty()) {
    return;
  }
  std::uint64_t octets = 0;
  for (const MYSQL_BIND& bound : parameters_) {
    octets += bound.buffer_length;
  }
  connection_.expect_room_for(octets, sql_);
  if (mysql_stmt_bind_param(statement_, parameters_.data()) != 0) {
    fail(statement_, sql_);
  }
  parameters_changed_ = false;
}

// Running -----------------------------------------------------------------------------------------------------------

void Statement::send_piece(int index, std::string_view piece) {
  connection_.make_room();
  bind_parameters();
  const auto send = [&] {
    return mysql_stmt_send_long_data(statement_, static_cast<unsigned>(index), piece.data(), piece.size());
  };
  if (fiber::blocking(send) != 0) {
    fail(statement_, sql_);
  }
}

void Statement::execute() {
  connection_.make_room();
  bind_parameters();
  const int failed = connection_.call(
      statement_->mysql, [&] { return mysql_stmt_execute(statement_); },
      [&](int& result) { return mysql_stmt_execute_start(&result, statement_); },
      [&](int& result, int ready) { return mysql_stmt_execute_cont(&result, statement_, ready); });
  if (failed != 0) {
    fail(statement_, sql_);
  }
  if (mysql_stmt_field_count(statement_) == 0) {
    connection_.count(mysql_stmt_affected_rows(statement_), mysql_stmt_insert_id(statement_));
    state_ = State::over;
    return;
  }
  state_ = State::rows;
  connection_.set_active(this);
  // Types may depend on the parameters, and the tables may have changed.
  if (describe_columns() || !buffers_are_bound()) {
    bind_columns();
  }
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
    fail(statement_, sql_);
  }
}

// The next row into cells_; false at the end.
bool Statement::fetch() {
  const int result = connection_.call(
      statement_->mysql, [&] { return mysql_stmt_fetch(statement_); },
      [&](int& row) { return mysql_stmt_fetch_start(&row, statement_); },
      [&](int& row, int ready) { return mysql_stmt_fetch_cont(&row, statement_, ready); });
  if (result == 0 || result == MYSQL_DATA_TRUNCATED) {
    if (result != 0) {
      fetch_long_values();
    }
    fill_cells();
    return true;
  }
  state_ = State::over;
  connection_.forget(this);
  if (result != MYSQL_NO_DATA) {
    fail(statement_, sql_);
  }
  return false;
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
      fail(statement_, sql_);
    }
    grown = true;
  }
  if (grown && mysql_stmt_bind_result(statement_, results_.data()) != 0) {
    fail(statement_, sql_);
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

bool Statement::step() {
  retired_.clear();
  retired_octets_.clear();
  if (row_aside_) {
    aside_.pop();
  }
  if (state_ == State::prepared) {
    execute();
  }
  row_aside_ = !aside_.empty();
  if (row_aside_) {
    current_ = aside_.front();
    return true;
  }
  const bool more = state_ == State::rows && fetch();
  current_ = more ? cells_.data() : nullptr;
  return more;
}

void Statement::take_rest_aside() {
  if (!row_aside_) {
    retire_buffers();
  }
  while (fetch()) {
    aside_.add(cells_);
  }
}

// The program looks at a row, perhaps by views, that the next fetch() would write over.
void Statement::retire_buffers() {
  retired_ = std::move(cells_);
  for (ColumnBuffer& column : columns_) {
    retired_octets_.push_back(std::move(column.octets));
  }
  bind_columns();
}

void Statement::add_to_batch() {
  // MySQL has no bulk protocol, and nobody has one for statements that yield rows.
  if (!connection_.has_bulk_protocol() || parameters_.empty() || mysql_stmt_field_count(statement_) != 0) {
    return DriverStatement::add_to_batch();
  }
  if (!batch_.add(parameters_)) {
    run_batch();
    batch_.add(parameters_);
  }
  reset();
}

void Statement::run_batch() {
  unsigned rows = static_cast<unsigned>(batch_.size());
  if (rows == 0) {
    return;
  }
  connection_.make_room();
  std::vector<MYSQL_BIND> arrays = batch_.arrays();
  parameters_changed_ = true;  // to what the arrays are
  mysql_stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &rows);
  const bool worked = mysql_stmt_bind_param(statement_, arrays.data()) == 0 &&
                      fiber::blocking([&] { return mysql_stmt_execute(statement_); }) == 0;
  batch_.clear();
  rows = 0;
  mysql_stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &rows);
  if (!worked) {
    fail(statement_, sql_);
  }
  connection_.count(mysql_stmt_affected_rows(statement_), mysql_stmt_insert_id(statement_));
}

void Statement::reset() noexcept {
  if (connection_.is_active(this)) {
    // Reads what is left of the rows off the connection. A failure shows again at the next statement.
    const auto drop = [&] { mysql_stmt_free_result(statement_); };
    try {
      fiber::blocking(drop);
    } catch (const posthouse::Error&) {  // no thread to be had
      drop();
    }
    connection_.forget(this);
  }
  if (!aside_.empty()) {
    aside_.clear();
  }
  retired_.clear();
  retired_octets_.clear();
  row_aside_ = false;
  current_ = nullptr;
  state_ = State::prepared;
}

}  // namespace posthouse::sql::mariadb
