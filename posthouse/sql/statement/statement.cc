#include "posthouse/sql/statement/statement.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "posthouse/sql/statement/parameter_notes.h"
#include "posthouse/sql/statement/state.h"

namespace posthouse::sql {
namespace {

std::int64_t steady_nanoseconds() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

namespace detail {

Run::Run(ConnectionState& connection, std::string_view sql)
    : connection_(&connection), statement_(connection.take(sql)), driver_(statement_->driver.get()), owned_(true) {
  start_clock();
}

Run::Run(ConnectionState& connection, CachedStatement& statement)
    : connection_(&connection), statement_(&statement), driver_(nullptr), owned_(false) {
  connection.refresh(statement);
  driver_ = statement.driver.get();
  start_clock();
}

const std::vector<std::string>& Run::names() const noexcept {
  return statement_->names;
}

Run::Run(Run&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      driver_(other.driver_),
      row_(other.row_),
      columns_(other.columns_),
      column_names_(std::move(other.column_names_)),
      started_(other.started_),
      owned_(other.owned_),
      typed_(other.typed_),
      has_values_(other.has_values_),
      notes_(std::move(other.notes_)) {}

Run::~Run() {
  if (statement_ == nullptr) {
    return;
  }
  driver_->reset();
  if (started_ != 0) {
    const std::string_view values = notes_ == nullptr ? std::string_view() : std::string_view(notes_->text());
    connection_->trace(
        {statement_->sql, std::chrono::nanoseconds(steady_nanoseconds() - started_), row_, failed_, values});
  }
  if (owned_) {
    connection_->give_back(statement_);
  }
}

void Run::start_clock() {
  if (!connection_->tracing()) {
    return;
  }
  started_ = steady_nanoseconds();
  note_values();
}

void Run::note_values() {
  if (connection_->tracing_values()) {
    notes_ = std::make_unique<ParameterNotes>(*driver_);
  }
}

DriverStatement& Run::notes_statement() noexcept {
  return *notes_;
}

// An error of the engine's says of what kinds the values were.
template <class F>
auto Run::guarded(F&& f) {
  failed_ = true;
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
      f();
      failed_ = false;
    } else {
      auto result = f();
      failed_ = false;
      return result;
    }
  } catch (Error& error) {
    std::string types;
    for (const CellKind kind : driver_->parameter_kinds()) {
      types += (types.empty() ? "" : ", ") + std::string(to_string(kind));
    }
    error.set_parameter_types(std::move(types));
    throw;
  }
}

std::string_view Run::sql() const noexcept {
  return statement_->sql;
}

void Run::bind_values(const std::vector<Value>& values) {
  expect_parameters(values.size());
  int index = 0;
  for (const Value& value : values) {
    detail::bind(parameter(index++), value);
  }
}

bool Run::keep() {
  return guarded([&] { return driver_->add_to_batch(); });
}

bool Run::run_kept() {
  return guarded([&] { return driver_->run_batch(); });
}

bool Run::step() {
  const bool more = guarded([&] { return driver_->step(); });
  // An engine may have compiled the statement anew for a table changed meanwhile, or tell only now what columns it has.
  if (typed_ && row_ == 0) {
    check_columns();
  }
  if (more) {
    ++row_;
  } else if (typed_) {
    while (next_result()) {
    }
  }
  return more;
}

bool Run::next_result() {
  if (!guarded([&] { return driver_->next_result(); })) {
    return false;
  }
  row_ = 0;
  return true;
}

std::int64_t Run::finish() {
  const std::int64_t before = connection_->driver().total_changes();
  do {
    while (step()) {
    }
  } while (next_result());
  return connection_->driver().total_changes() == before ? 0 : connection_->driver().changes();
}

void Run::expect_parameters(std::size_t given) const {
  const auto wanted = static_cast<std::size_t>(driver_->parameter_count());
  if (wanted != given || (given != 0 && !names().empty())) {
    refuse_parameters(wanted, given);
  }
}

void Run::refuse_parameters(std::size_t wanted, std::size_t given) const {
  if (given != 0 && !names().empty()) {
    throw Error(Errc::usage, "the statement's parameters have names: use sql::named", sql());
  }
  throw Error(Errc::usage,
              fmt::format("the statement has {} parameter{}, given {} {}", wanted, wanted == 1 ? "" : "s",
                          given == 1 ? "was" : "were", given),
              sql());
}

void Run::expect_names(std::initializer_list<std::string_view> given) const {
  const auto has = [](const auto& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const std::string& name : names()) {
    if (!has(given, name)) {
      throw Error(Errc::usage, "no value for the parameter :" + name, sql());
    }
  }
  for (const std::string_view name : given) {
    if (!has(names(), name)) {
      throw Error(Errc::usage, "the statement has no parameter :" + std::string(name), sql());
    }
  }
}

void Run::read_names() {
  auto names = std::make_shared<std::vector<std::string>>();
  for (int i = 0; i < driver_->column_count(); ++i) {
    names->emplace_back(driver_->column_name(i));
  }
  columns_ = names->size();
  column_names_ = std::move(names);
}

Row Run::dynamic_row() const {
  const ColumnPlace place{driver_, sql(), row_};
  std::vector<Value> values;
  std::vector<bool> exact;
  values.reserve(column_names_->size());
  const Cell* const cells = driver_->row();
  for (std::size_t i = 0; i < column_names_->size(); ++i) {
    values.push_back(Column(cells[i], static_cast<int>(i), place).value());
    if (cells[i].kind == CellKind::decimal) {
      exact.resize(column_names_->size());
      exact[i] = true;
    }
  }
  return {column_names_, std::move(values), std::move(exact)};
}

void Run::expect_columns(std::size_t asked) {
  columns_ = asked;
  typed_ = true;
  if (!driver_->columns_are_known()) {
    return;
  }
  const bool used_before = !owned_ || statement_->used != 0;
  if (static_cast<std::size_t>(driver_->column_count()) != asked && used_before && !has_values_) {
    connection_->prepare_anew(*statement_);
    driver_ = statement_->driver.get();
    note_values();
  }
  check_columns();
}

void Run::check_columns() {
  const auto columns = static_cast<std::size_t>(driver_->column_count());
  if (columns != columns_) {
    statement_->stale = true;
    refuse_columns(columns);
  }
}

void Run::refuse_columns(std::size_t columns) const {
  throw Error(Errc::usage,
              fmt::format("the statement yields {} column{}, asked for {} {}", columns, columns == 1 ? "" : "s",
                          columns_ == 1 ? "was" : "were", columns_),
              sql());
}

void Run::no_row() const {
  throw Error(Errc::no_row, "no row found", sql());
}

void Run::too_many_rows() const {
  throw Error(Errc::too_many_rows, "more than one row found", sql());
}

}  // namespace detail

void Rows<>::start() {
  if (started_) {
    return;
  }
  started_ = true;
  more_ = run_.step();
  fresh_ = true;
  run_.read_names();
}

const std::vector<std::string>& Rows<>::names() {
  start();
  return *run_.column_names();
}

bool Rows<>::next_result() {
  start();
  more_ = run_.next_result();
  if (!more_) {
    return false;
  }
  more_ = run_.step();
  fresh_ = true;
  run_.read_names();
  return true;
}

std::optional<Row> Rows<>::next() {
  start();
  if (!std::exchange(fresh_, false) && more_) {
    more_ = run_.step();
  }
  if (!more_) {
    return std::nullopt;
  }
  return run_.dynamic_row();
}

std::vector<Row> Rows<>::all() {
  std::vector<Row> rows;
  while (std::optional<Row> row = next()) {
    rows.push_back(std::move(*row));
  }
  return rows;
}

Statement::Statement(detail::ConnectionState& connection, std::string_view sql)
    : connection_(&connection), statement_(connection.take(sql)) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
  if (statement_ != nullptr) {
    connection_->give_back(statement_);
  }
}

}  // namespace posthouse::sql
