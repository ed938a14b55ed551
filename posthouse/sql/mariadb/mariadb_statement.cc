#include "posthouse/sql/mariadb/mariadb_statement.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "posthouse/net/run.h"
#include "posthouse/sql/error.h"
#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/mariadb/mariadb_error.h"

namespace posthouse::sql::mariadb {
namespace {

constexpr unsigned binary_charset = 63;
constexpr std::size_t first_capacity = 256;  // octets of text a row may have before a second look is needed
// In a fiber each trip to the server is a trip to another thread: so many rows are fetched on one.
constexpr int rows_ahead = 128;

}  // namespace

Statement::Statement(MariadbConnection& connection, std::string_view sql)
    : connection_(connection), sql_(sql), statement_(mysql_stmt_init(connection.handle())) {
  if (statement_ == nullptr) fail(connection.handle(), sql);
  try {
    connection_.make_room();
    if (net::blocking([&] { return mysql_stmt_prepare(statement_, sql.data(), sql.size()); }) != 0) {
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

std::string_view Statement::column_name(int column) const {
  const auto index = static_cast<std::size_t>(column);
  return index < names_.size() ? std::string_view(names_[index]) : std::string_view("?");
}

// Parameters --------------------------------------------------------------------------------------------------------

void Statement::bind_null(int index) {
  parameter(index) = {};
  parameter(index).buffer_type = MYSQL_TYPE_NULL;
}

void Statement::bind_integer(int index, std::int64_t value) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  argument.integer = value;
  parameter(index) = {};
  parameter(index).buffer_type = MYSQL_TYPE_LONGLONG;
  parameter(index).buffer = &argument.integer;
}

void Statement::bind_real(int index, double value) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  argument.real = value;
  parameter(index) = {};
  parameter(index).buffer_type = MYSQL_TYPE_DOUBLE;
  parameter(index).buffer = &argument.real;
}

void Statement::bind_text(int index, std::string_view value, bool copy) {
  bind_octets(index, value, copy, MYSQL_TYPE_STRING);
}

void Statement::bind_blob(int index, std::string_view value, bool copy) {
  bind_octets(index, value, copy, MYSQL_TYPE_BLOB);
}

void Statement::bind_octets(int index, std::string_view value, bool copy, enum_field_types type) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  if (copy) {
    argument.copy.assign(value);
    value = argument.copy;
  }
  argument.length = value.size();
  MYSQL_BIND& bound = parameter(index);
  bound = {};
  bound.buffer_type = type;
  bound.buffer = const_cast<char*>(value.data() == nullptr ? "" : value.data());
  bound.buffer_length = argument.length;
  bound.length = &argument.length;
}

// Running -----------------------------------------------------------------------------------------------------------

void Statement::execute() {
  connection_.make_room();
  if (!parameters_.empty() && mysql_stmt_bind_param(statement_, parameters_.data()) != 0) fail(statement_, sql_);
  if (net::blocking([&] { return mysql_stmt_execute(statement_); }) != 0) fail(statement_, sql_);
  if (mysql_stmt_field_count(statement_) == 0) {
    connection_.count(mysql_stmt_affected_rows(statement_), mysql_stmt_insert_id(statement_));
    state_ = State::over;
    return;
  }
  state_ = State::rows;
  connection_.set_active(this);
  describe_columns();  // types may depend on the parameters, and the tables may have changed
  bind_columns();
}

// In which buffer a column of that type is read.
Statement::ColumnBuffer::Kind Statement::kind_of(const MYSQL_FIELD& field) {
  using Kind = ColumnBuffer::Kind;
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
    case MYSQL_TYPE_NULL:
      return Kind::integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return Kind::real;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return Kind::decimal;
    case MYSQL_TYPE_BIT:
      return Kind::bits;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return Kind::text;
    default:
      return field.charsetnr == binary_charset ? Kind::blob : Kind::text;
  }
}

// Looks at the library's own description: mysql_stmt_result_metadata would copy it, at every run.
void Statement::describe_columns() {
  const std::size_t count = mysql_stmt_field_count(statement_);
  columns_.resize(count);
  names_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const MYSQL_FIELD& field = statement_->fields[i];
    columns_[i].kind = kind_of(field);
    columns_[i].is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
    const std::string_view name(field.name, field.name_length);
    if (names_[i] != name) names_[i] = name;
  }
}

void Statement::bind_columns() {
  results_.assign(columns_.size(), MYSQL_BIND{});
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnBuffer& column = columns_[i];
    MYSQL_BIND& result = results_[i];
    result.is_null = &column.null;
    result.error = &column.truncated;
    result.length = &column.length;
    switch (column.kind) {
      case ColumnBuffer::Kind::integer:
        result.buffer_type = MYSQL_TYPE_LONGLONG;
        result.buffer = &column.integer;
        result.is_unsigned = column.is_unsigned ? 1 : 0;
        break;
      case ColumnBuffer::Kind::real:
        result.buffer_type = MYSQL_TYPE_DOUBLE;
        result.buffer = &column.real;
        break;
      default:
        if (column.octets.size() < first_capacity) column.octets.resize(first_capacity);
        result.buffer_type = column.kind == ColumnBuffer::Kind::blob || column.kind == ColumnBuffer::Kind::bits
                                 ? MYSQL_TYPE_BLOB
                                 : MYSQL_TYPE_STRING;
        result.buffer = column.octets.data();
        result.buffer_length = column.octets.size();
    }
  }
  if (mysql_stmt_bind_result(statement_, results_.data()) != 0) fail(statement_, sql_);
}

// The next row into the buffers; false at the end. May wait for the server.
bool Statement::fetch() {
  const int result = mysql_stmt_fetch(statement_);
  if (result == 0) return true;
  if (result == MYSQL_DATA_TRUNCATED) {
    fetch_long_values();
    return true;
  }
  state_ = State::over;
  connection_.forget(this);
  if (result != MYSQL_NO_DATA) fail(statement_, sql_);
  return false;
}

void Statement::fetch_long_values() {
  bool grown = false;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnBuffer& column = columns_[i];
    MYSQL_BIND& result = results_[i];
    if (column.null != 0 || result.buffer_length == 0 || column.length <= column.octets.size()) continue;
    column.octets.resize(std::max<std::size_t>(column.length, 2 * column.octets.size()));
    result.buffer = column.octets.data();
    result.buffer_length = column.octets.size();
    if (mysql_stmt_fetch_column(statement_, &result, static_cast<unsigned>(i), 0) != 0) fail(statement_, sql_);
    grown = true;
  }
  if (grown && mysql_stmt_bind_result(statement_, results_.data()) != 0) fail(statement_, sql_);
}

bool Statement::step() {
  if (state_ == State::prepared) execute();
  if (row_aside_) aside_.pop();
  views_.clear();
  row_aside_ = !aside_.empty();
  if (row_aside_) return true;
  if (state_ == State::over) return false;
  if (!net::in_fiber()) return fetch();
  read_ahead();
  row_aside_ = !aside_.empty();
  return row_aside_;
}

void Statement::read_ahead() {
  net::blocking([&] {
    for (int i = 0; i < rows_ahead && fetch(); ++i) keep_row();
  });
}

void Statement::take_rest_aside() {
  net::blocking([&] {
    // The program looks at a row, perhaps by views, in the buffers that fetch() is about to write to.
    if (!row_aside_) {
      keep_row();
      row_aside_ = true;
      for (ColumnBuffer& column : columns_) views_.push_back(std::move(column.octets));
      bind_columns();
    }
    while (fetch()) keep_row();
  });
}

void Statement::keep_row() {
  aside_.begin_row();
  for (std::size_t i = 0; i < columns_.size(); ++i) aside_.add(fetched(static_cast<int>(i)));
}

Cell Statement::cell(int column) const {
  return row_aside_ ? aside_.front(column) : fetched(column);
}

Cell Statement::fetched(int index) const {
  const ColumnBuffer& column = columns_[static_cast<std::size_t>(index)];
  Cell cell;
  if (column.null != 0) return cell;
  const std::string_view octets(column.octets.data(), std::min<std::size_t>(column.length, column.octets.size()));
  switch (column.kind) {
    case ColumnBuffer::Kind::integer:
      cell.kind = CellKind::integer;
      cell.integer = column.integer;
      if (column.is_unsigned && column.integer < 0) {
        throw Error(ErrorKind::type,
                    "column " + std::string(column_name(index)) + " holds an integer beyond 64 bits with a sign", sql_);
      }
      break;
    case ColumnBuffer::Kind::real:
      cell.kind = CellKind::real;
      cell.real = column.real;
      break;
    case ColumnBuffer::Kind::bits: {
      std::uint64_t bits = 0;
      for (const char octet : octets) bits = bits << 8U | static_cast<unsigned char>(octet);
      cell.kind = CellKind::integer;
      cell.integer = static_cast<std::int64_t>(bits);
      break;
    }
    case ColumnBuffer::Kind::decimal:
      cell.kind = CellKind::decimal;
      cell.bytes = octets;
      break;
    case ColumnBuffer::Kind::text:
      cell.kind = CellKind::text;
      cell.bytes = octets;
      break;
    case ColumnBuffer::Kind::blob:
      cell.kind = CellKind::blob;
      cell.bytes = octets;
      break;
  }
  return cell;
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
  if (rows == 0) return;
  connection_.make_room();
  std::vector<MYSQL_BIND> arrays = batch_.arrays();
  mysql_stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &rows);
  const bool worked = mysql_stmt_bind_param(statement_, arrays.data()) == 0 &&
                      net::blocking([&] { return mysql_stmt_execute(statement_); }) == 0;
  batch_.clear();
  rows = 0;
  mysql_stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &rows);
  if (!worked) fail(statement_, sql_);
  connection_.count(mysql_stmt_affected_rows(statement_), mysql_stmt_insert_id(statement_));
}

void Statement::reset() noexcept {
  if (connection_.is_active(this)) {
    // Reads what is left of the rows off the connection. A failure shows again at the next statement.
    const auto drop = [&] { mysql_stmt_free_result(statement_); };
    try {
      net::blocking(drop);
    } catch (const posthouse::Error&) {  // no thread to be had
      drop();
    }
    connection_.forget(this);
  }
  aside_.clear();
  views_.clear();
  row_aside_ = false;
  state_ = State::prepared;
}

}  // namespace posthouse::sql::mariadb
