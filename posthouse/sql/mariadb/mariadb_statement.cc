#include "posthouse/sql/mariadb/mariadb_statement.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include <errmsg.h>

#include "posthouse/base/text.h"
#include "posthouse/sql/error.h"
#include "posthouse/sql/lexical.h"
#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/mariadb/mariadb_error.h"

namespace posthouse::sql::mariadb {
namespace {

// What has to be known of a statement beside what the server tells of it when it is prepared.
struct Traits {
  enum class Late : unsigned char { no, yes, returning };
  Late columns = Late::no;         // told only at the run
  bool in_bulk = true;             // takes arrays of values: MariaDB refuses them for INSERT … SELECT
  bool keeps_transaction = false;  // leaves the one that is open as it is; others may end it, as CREATE does
};

Traits traits_of(std::string_view sql) {
  constexpr std::array<std::string_view, 9> first_words{"analyze",  "begin",   "cache",    "call",  "check",
                                                        "checksum", "execute", "optimize", "repair"};
  constexpr std::array<std::string_view, 8> inner{"delete", "insert",    "release", "replace",
                                                  "select", "savepoint", "update",  "with"};
  Traits traits;
  std::string first;
  bool inserts = false;
  bool rows_known = false;  // whether they are values or selected
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = skip_inert(sql, at); end != at) {
      at = end;
      continue;
    }
    const std::size_t behind = skip_word(sql, at);
    if (behind == at) {
      ++at;
      continue;
    }
    std::string word = to_lower(sql.substr(at, behind - at));
    at = behind;
    if (first.empty()) {
      inserts = word == "insert" || word == "replace";
      if (std::find(first_words.begin(), first_words.end(), word) != first_words.end()) {
        return {.columns = Traits::Late::yes, .in_bulk = false};
      }
      traits.keeps_transaction = std::find(inner.begin(), inner.end(), word) != inner.end();
      first = std::move(word);
    } else if (word == "returning") {
      traits.columns = Traits::Late::returning;
      traits.in_bulk = traits.in_bulk && inserts;
      return traits;
    } else if (inserts && !rows_known && (word == "values" || word == "select")) {
      rows_known = true;
      traits.in_bulk = word == "values";
    }
  }
  return traits;
}

}  // namespace

Statement::Statement(MariadbConnection& connection, std::string_view sql)
    : connection_(connection), sql_(sql), statement_(mysql_stmt_init(connection.handle())) {
  if (statement_ == nullptr) {
    connection_.fail(sql);
  }
  try {
    connection_.make_room();
    const int failed =
        connection_.call(sql, mysql_stmt_prepare_start, mysql_stmt_prepare_cont, statement_, sql.data(), sql.size());
    if (failed != 0) {
      connection_.fail(statement_, sql);
    }
    Traits traits = traits_of(sql);
    keeps_transaction_ = traits.keeps_transaction;
    if (mysql_stmt_field_count(statement_) != 0) {
      traits.columns = Traits::Late::no;
      traits.in_bulk = false;
    }
    late_columns_ = traits.columns != Traits::Late::no;
    returns_changed_rows_ = traits.columns == Traits::Late::returning;
    parameters_.resize(mysql_stmt_param_count(statement_));
    runs_in_bulk_ = traits.in_bulk && !parameters_.empty();
    arguments_.resize(parameters_.size());
    describe_columns();
  } catch (...) {
    mysql_stmt_close(statement_);
    throw;
  }
}

Statement::~Statement() {
  reset();
  try {
    connection_.make_room();  // the library would drop the rows of another statement as if they were of this one
  } catch (...) {             // broken
  }
  mysql_stmt_close(statement_);  // tells the server and waits for nothing
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

bool Statement::bind_unsigned(int index, std::uint64_t value) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  argument.integer = static_cast<std::int64_t>(value);
  bind_number(index, MYSQL_TYPE_LONGLONG, &argument.integer, true);
  return true;
}

void Statement::bind_real(int index, double value) {
  Argument& argument = arguments_[static_cast<std::size_t>(index)];
  argument.real = value;
  bind_number(index, MYSQL_TYPE_DOUBLE, &argument.real);
}

void Statement::bind_number(int index, enum_field_types type, void* number, bool is_unsigned) {
  MYSQL_BIND& bound = parameter(index);
  if (bound.buffer_type == type && (bound.is_unsigned != 0) == is_unsigned) {
    return;
  }
  bound = {};
  bound.buffer_type = type;
  bound.is_unsigned = is_unsigned ? 1 : 0;
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
    connection_.fail(statement_, sql_);
  }
  parameters_changed_ = false;
}

// Running -----------------------------------------------------------------------------------------------------------

void Statement::send_piece(int index, std::string_view piece) {
  connection_.make_room();
  bind_parameters();
  const my_bool failed = connection_.call(sql_, mysql_stmt_send_long_data_start, mysql_stmt_send_long_data_cont,
                                          statement_, static_cast<unsigned>(index), piece.data(), piece.size());
  if (failed != 0) {
    connection_.fail(statement_, sql_);
  }
}

void Statement::execute() {
  connection_.make_room();
  bind_parameters();
  send();
}

// What is bound; then the first result is at hand.
void Statement::send() {
  connection_.expect_transaction(sql_);
  in_transaction_ = keeps_transaction_ && connection_.in_transaction();
  const int failed = connection_.call(sql_, mysql_stmt_execute_start, mysql_stmt_execute_cont, statement_);
  if (failed != 0) {
    if (mysql_stmt_errno(statement_) != CR_NEW_STMT_METADATA) {
      connection_.fail(statement_, sql_);
    }
    // It has run and its rows are under way, but the library has kept no room for as many columns as they have now.
    take_over_columns();
  } else if (connection_.handle()->field_count != 0 && columns_were_renamed()) {
    take_over_columns();
  }
  receive_result();
}

// What the server has answered: rows that come, or the counts of a statement without any.
void Statement::receive_result() {
  more_results_ = mysql_stmt_more_results(statement_) != 0;
  fetched_ = 0;
  if (connection_.handle()->field_count == 0) {
    connection_.count(mysql_stmt_affected_rows(statement_), mysql_stmt_insert_id(statement_));
    state_ = State::over;
    more_results_ ? connection_.set_active(this) : connection_.forget(this);
    look_whether_undone();
    return;
  }
  state_ = State::rows;
  connection_.set_active(this);
  // Types may depend on the parameters, and the tables may have changed.
  if (describe_columns() || !buffers_are_bound()) {
    bind_columns();
  }
}

// Called at the end of a result behind which there is another one.
void Statement::go_to_next_result() {
  more_results_ = false;
  const int failed = connection_.call(sql_, mysql_stmt_next_result_start, mysql_stmt_next_result_cont, statement_);
  if (failed != 0) {
    connection_.forget(this);
    connection_.fail(statement_, sql_);
  }
  receive_result();
}

// The next row into cells_; false at the end.
bool Statement::fetch() {
  const int result = connection_.call(sql_, mysql_stmt_fetch_start, mysql_stmt_fetch_cont, statement_);
  if (result == 0 || result == MYSQL_DATA_TRUNCATED) {
    ++fetched_;
    if (result != 0) {
      fetch_long_values();
    }
    fill_cells();
    return true;
  }
  state_ = State::over;
  more_results_ = more_results_ && result == MYSQL_NO_DATA;
  if (!more_results_) {
    connection_.forget(this);
  }
  if (result != MYSQL_NO_DATA) {
    connection_.fail(statement_, sql_);
  }
  if (returns_changed_rows_) {
    connection_.count_returned(fetched_);
  }
  look_whether_undone();
  return false;
}

// A node of a Galera cluster undoes the transaction when another node was first, and need not say so: see
// may_send_arrays().
void Statement::look_whether_undone() {
  if (in_transaction_ && !more_results_ && !connection_.in_transaction()) {
    in_transaction_ = false;
    connection_.fail_undone(sql_);
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

bool Statement::next_result() {
  drop_rows();
  names_.clear();
  if (!later_.empty()) {
    names_ = std::move(later_.front().names);
    aside_ = std::move(later_.front().rows);
    later_.pop_front();
    return true;
  }
  while (more_results_) {
    go_to_next_result();
    if (state_ == State::rows) {
      return true;
    }
  }
  return false;
}

// Of the result at hand.
void Statement::drop_rows() {
  retired_.clear();
  retired_octets_.clear();
  aside_.clear();
  row_aside_ = false;
  current_ = nullptr;
  while (state_ == State::rows && fetch()) {
  }
}

void Statement::take_rest_aside() {
  if (state_ == State::rows && !row_aside_) {
    retire_buffers();
  }
  while (state_ == State::rows && fetch()) {
    aside_.add(cells_);
  }
  while (more_results_) {
    go_to_next_result();
    if (state_ != State::rows) {
      continue;
    }
    LaterResult& later = later_.emplace_back();
    for (const MYSQL_FIELD& field : std::span(statement_->fields, columns_.size())) {
      later.names.emplace_back(field.name, field.name_length);
    }
    while (fetch()) {
      later.rows.add(cells_);
    }
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

bool Statement::add_to_batch() {
  if (!runs_in_bulk_ || !connection_.may_send_arrays() || !batch_.add(parameters_)) {
    return false;
  }
  end_run();
  return true;
}

bool Statement::run_batch() {
  unsigned rows = static_cast<unsigned>(batch_.size());
  if (rows == 0) {
    return false;
  }
  connection_.make_room();
  std::vector<MYSQL_BIND> arrays = batch_.arrays();
  parameters_changed_ = true;  // to what the arrays are
  mysql_stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &rows);
  const bool bound = mysql_stmt_bind_param(statement_, arrays.data()) == 0;
  const auto end = [&] {
    batch_.clear();
    rows = 0;
    mysql_stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &rows);
  };
  try {
    if (!bound) {
      connection_.fail(statement_, sql_);
    }
    send();
  } catch (...) {
    end();
    throw;
  }
  end();
  return true;
}

void Statement::reset() noexcept {
  end_run();
  batch_.clear();
}

void Statement::end_run() noexcept {
  if (connection_.is_active(this)) {
    drop_what_is_under_way();
  }
  if (!aside_.empty()) {
    aside_.clear();
  }
  if (!later_.empty()) {
    later_.clear();
  }
  names_.clear();
  retired_.clear();
  retired_octets_.clear();
  row_aside_ = false;
  current_ = nullptr;
  state_ = State::prepared;
}

// Reads what is left of the rows and results off the connection. Where that fails the connection may be broken; an
// error of the server's behind the rows is nobody's any more, but when it has undone the transaction the next statement
// is told.
void Statement::drop_what_is_under_way() noexcept {
  try {
    do {
      if (state_ == State::rows) {
        connection_.call(sql_, mysql_stmt_free_result_start, mysql_stmt_free_result_cont, statement_);
        state_ = State::over;
        connection_.look_whether_broken();
        more_results_ = more_results_ && mysql_errno(connection_.handle()) == 0;
      }
      if (more_results_) {
        go_to_next_result();
      }
    } while (state_ == State::rows || more_results_);
  } catch (...) {  // broken
  }
  if (in_transaction_ && (mysql_errno(connection_.handle()) != 0 || !connection_.in_transaction())) {
    connection_.doubt_transaction();
  }
  more_results_ = false;
  connection_.forget(this);
}

}  // namespace posthouse::sql::mariadb
