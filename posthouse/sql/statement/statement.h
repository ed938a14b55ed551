#pragma once
// A prepared statement and the rows it yields.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/sql/values/fields.h"
#include "posthouse/sql/values/row.h"
#include "posthouse/sql/values/value.h"

namespace posthouse::sql {

namespace detail {

class ConnectionState;
class ParameterNotes;
struct CachedStatement;

template <class T>
concept TupleLike = requires { std::tuple_size<T>::value; };

/// True when rows are plain structs, one field a column.
template <class... Ts>
inline constexpr bool is_record = false;
template <class T>
inline constexpr bool is_record<T> = Record<T>;

/// How many columns a row has.
template <class... Ts>
consteval std::size_t columns_of() {
  if constexpr (is_record<Ts...>) {
    return (field_count<Ts>() + ...);
  } else {
    return sizeof...(Ts);
  }
}

/// `sql` with as many `?` in the place of each as `places` says of it in turn. Throws Error (usage) where their numbers
/// differ.
std::string spread_lists(std::string_view sql, std::initializer_list<std::size_t> places);

/// One run of a prepared statement: binds, steps, and gives the statement back (reset, unbound) when destroyed.
class Run {
 public:
  /// A run of `sql` on a statement from the connection's cache.
  Run(ConnectionState& connection, std::string_view sql);
  /// A run of a statement that the caller keeps.
  Run(ConnectionState& connection, CachedStatement& statement);
  Run(Run&& other) noexcept;
  Run& operator=(Run&&) = delete;
  ~Run();

  template <class... Args>
  void bind([[maybe_unused]] bool copy, const Args&... args) {
    if constexpr (sizeof...(Args) > 0 && (is_named<Args> && ...)) {
      expect_names({args.name...});
      int index = 0;
      for (const std::string& name : names()) {
        ((name == args.name ? detail::bind(Parameter(bound(), index, copy), args.value) : void()), ...);
        ++index;
      }
    } else if constexpr ((is_named<Args> || ...)) {
      static_assert(!(is_named<Args> || ...), "give all parameters by name or none");
    } else {
      expect_parameters((std::size_t{0} + ... + places(args)));
      int index = 0;
      (bind_places(index, copy, args), ...);
    }
  }
  /// Binds `values` to all parameters.
  void bind_values(const std::vector<Value>& values);
  /// The parameter at `index`, from 0, for those that bind one by one. The engine takes a copy of what is bound.
  Parameter parameter(int index) { return Parameter(bound(), index, true); }
  /// The same for bytes that live until the run, or add_to_batch(), is over.
  Parameter lasting_parameter(int index) { return Parameter(bound(), index, false); }
  /// Binds the elements of a tuple, the fields of a plain struct, or a single value, which live until add_to_batch().
  template <class Values>
  void bind_element(const Values& values) {
    if constexpr (TupleLike<Values>) {
      std::apply([this](const auto&... each) { this->bind(false, each...); }, values);
    } else if constexpr (Record<Values>) {
      std::apply([this](const auto&... each) { this->bind(false, each...); }, tie_fields(values));
    } else {
      bind(false, values);
    }
  }
  /// A run with the bound values that need not take place before run_batch(). Calls take() on each row there is already.
  template <class Take>
  void add_to_batch(Take&& take) {
    if (keep()) {
      return;
    }
    run_batch(take);
    if (!keep()) {
      take_rows(take);
    }
  }
  /// Returns when everything added has run; calls take() on each row that is left.
  template <class Take>
  void run_batch(Take&& take) {
    if (run_kept()) {
      take_rows(take);
    }
  }
  /// The same, dropping rows.
  void add_to_batch() {
    add_to_batch([] {});
  }
  void run_batch() {
    run_batch([] {});
  }
  /// Goes to the next row, the first at the first call; false when there is none left. Where expect_columns() was told
  /// of them, further results are dropped then.
  bool step();
  /// Drops what is left of the rows and goes to the next result of the statement; false when there is none.
  bool next_result();
  /// Runs to the end, dropping rows and results; how many rows were changed.
  std::int64_t finish();
  /// Throws Error (usage), at once or when the statement has run, unless rows have just so many columns. To be called
  /// before bind(): where the tables were altered since the statement was prepared, it is prepared anew.
  void expect_columns(std::size_t asked);
  [[noreturn]] void refuse_columns(std::size_t columns) const;
  [[noreturn]] void no_row() const;
  [[noreturn]] void too_many_rows() const;

  /// The first columns of the current row as Ts, in a T made by T{…}.
  template <class T, class... Ts, std::size_t... I>
  T make(const std::tuple<Ts...>* /*of what types*/, std::index_sequence<I...>) const {
    const ColumnPlace place{driver_, sql(), row_};
    [[maybe_unused]] const Cell* const cells = driver_->row();
    return T{detail::get<std::remove_reference_t<Ts>>(Column(cells[I], static_cast<int>(I), place))...};
  }
  /// The current row: a T for one record, else a tuple.
  template <class... Ts>
  auto row() const {
    if constexpr (is_record<Ts...>) {
      using T = std::tuple_element_t<0, std::tuple<Ts...>>;
      using Fields = decltype(tie_fields(std::declval<T&>()));
      return make<T>(static_cast<const Fields*>(nullptr), std::make_index_sequence<std::tuple_size_v<Fields>>());
    } else {
      using Columns = std::tuple<Ts...>;
      return make<Columns>(static_cast<const Columns*>(nullptr), std::index_sequence_for<Ts...>());
    }
  }

  /// Calls f(index, column) for the first `count` columns of the current row.
  template <class F>
  void each_column(int count, F&& f) const {
    const ColumnPlace place{driver_, sql(), row_};
    const Cell* const cells = driver_->row();
    for (int i = 0; i < count; ++i) {
      f(i, Column(cells[i], i, place));
    }
  }

  /// One column of the current row.
  Cell cell(int index) const { return driver_->row()[index]; }
  /// What f makes of one column of the current row.
  template <class F>
  auto column(int index, F&& f) const {
    return f(Column(driver_->row()[index], index, ColumnPlace{driver_, sql(), row_}));
  }

  // For rows without types.
  bool may_yield_rows() const { return driver_->column_count() != 0 || !driver_->columns_are_known(); }
  void read_names();
  Row dynamic_row() const;
  std::size_t column_count() const noexcept { return columns_; }
  const Row::Names& column_names() const noexcept { return column_names_; }

 private:
  /// What values are bound to: the engine's statement, or what looks at them on their way.
  DriverStatement& bound() noexcept {
    has_values_ = true;
    return notes_ == nullptr ? *driver_ : notes_statement();
  }
  /// Binds one argument from the parameter at `index` on, and moves it behind.
  template <class T>
  void bind_places(int& index, bool copy, const T& value) {
    if constexpr (is_list<T>) {
      const int end = index + static_cast<int>(places(value));
      for (auto at = std::ranges::begin(value.values); index < end; ++index) {
        detail::bind(Parameter(bound(), index, copy), *at);
        if (auto next = std::ranges::next(at); next != std::ranges::end(value.values)) {
          at = next;
        }
      }
    } else {
      detail::bind(Parameter(bound(), index++, copy), value);
    }
  }
  DriverStatement& notes_statement() noexcept;
  bool keep();
  bool run_kept();
  template <class Take>
  void take_rows(Take&& take) {
    while (step()) {
      take();
    }
    driver_->reset();
  }
  template <class F>
  auto guarded(F&& f);
  std::string_view sql() const noexcept;
  const std::vector<std::string>& names() const noexcept;
  void expect_parameters(std::size_t given) const;
  [[noreturn]] void refuse_parameters(std::size_t wanted, std::size_t given) const;
  void expect_names(std::initializer_list<std::string_view> given) const;
  void start_clock();
  void note_values();
  void check_columns();

  ConnectionState* connection_;
  CachedStatement* statement_;
  DriverStatement* driver_;
  std::uint64_t row_ = 0;
  std::size_t columns_ = 0;  // asked for; 0 when rows are dropped
  Row::Names column_names_{};
  std::int64_t started_ = 0;  // steady clock, nanoseconds; 0 when nobody traces
  bool owned_;                // goes back to the cache
  bool typed_ = false;        // columns_ are asked for
  bool has_values_ = false;   // something was bound
  bool failed_ = false;
  std::unique_ptr<ParameterNotes> notes_;  // where values are traced
};

template <class... Ts>
using Result = typename std::conditional_t<sizeof...(Ts) == 1, std::tuple_element<0, std::tuple<Ts...>>,
                                           std::type_identity<std::tuple<Ts...>>>::type;

template <class... Ts, class Row>
Result<Ts...> unwrap(Row&& row) {
  if constexpr (sizeof...(Ts) == 1 && !is_record<Ts...>) {
    return std::get<0>(std::move(row));
  } else {
    return std::move(row);
  }
}

template <class... Ts, class... Args>
std::optional<Result<Ts...>> optional_row(Run& run, const Args&... args) {
  static_assert(!(is_view<Ts> || ...), "a view into a row does not outlive query_one: ask for std::string or Blob");
  run.expect_columns(columns_of<Ts...>());
  run.bind(false, args...);
  if (!run.step()) {
    return std::nullopt;
  }
  std::optional<Result<Ts...>> result(unwrap<Ts...>(run.row<Ts...>()));
  if (run.step()) {
    run.too_many_rows();
  }
  return result;
}

template <class... Ts, class... Args>
Result<Ts...> only_row(Run& run, const Args&... args) {
  auto row = optional_row<Ts...>(run, args...);
  if (!row) {
    run.no_row();
  }
  return *std::move(row);
}

}  // namespace detail

/// The rows of a query, fetched as they are asked for. Iterate once; must not outlive its connection. A row is a tuple,
/// or a plain struct whose fields take the columns in order, or, without types, a Row.
///
///     for (auto [id, name] : db.query<int, std::string>("select id, name from user")) …
///     struct User { int id; std::string name; };
///     for (const User& user : db.query<User>("select id, name from user")) …
template <class... Ts>
class Rows {
 public:
  class Iterator {
   public:
    using value_type = decltype(std::declval<const detail::Run&>().row<Ts...>());
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;
    Iterator() = default;
    explicit Iterator(Rows* rows) : rows_(rows) {}
    /// The row, column by column. Throws Error (type) when one is not of the type asked for.
    value_type operator*() const { return rows_->run_.template row<Ts...>(); }
    Iterator& operator++() {
      rows_->more_ = rows_->run_.step();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !rows_->more_; }

   private:
    Rows* rows_ = nullptr;
  };

  explicit Rows(detail::Run&& run) : run_(std::move(run)) { run_.expect_columns(detail::columns_of<Ts...>()); }
  /// For whoever makes it: the values for the parameters, unless they are bound already.
  template <class... Args>
  void bind(const Args&... args) {
    run_.bind(true, args...);
  }
  /// Runs the statement up to its first row.
  Iterator begin() {
    if (!started_) {
      started_ = true;
      more_ = run_.step();
    }
    return Iterator(this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }
  /// Every row that is left.
  std::vector<detail::Result<Ts...>> all() {
    static_assert(!(detail::is_view<Ts> || ...), "a view into a row does not outlive it: ask for std::string or Blob");
    std::vector<detail::Result<Ts...>> rows;
    for (auto&& row : *this) {
      rows.push_back(detail::unwrap<Ts...>(std::move(row)));
    }
    return rows;
  }

 private:
  detail::Run run_;
  bool started_ = false;
  bool more_ = false;
};

/// Rows without types.
template <>
class Rows<> {
 public:
  class Iterator {
   public:
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;
    Iterator() = default;
    explicit Iterator(Rows* rows) : rows_(rows) {}
    Row operator*() const { return rows_->run_.dynamic_row(); }
    Iterator& operator++() {
      rows_->more_ = rows_->run_.step();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !rows_->more_; }

   private:
    Rows* rows_ = nullptr;
  };

  explicit Rows(detail::Run&& run) : run_(std::move(run)) {}
  /// For whoever makes it: the values for the parameters, unless they are bound already.
  template <class... Args>
  void bind(const Args&... args) {
    run_.bind(true, args...);
  }
  /// Runs the statement up to its first row.
  Iterator begin() {
    start();
    return Iterator(this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }
  /// The next row; nothing when there is none left. Not together with begin().
  std::optional<Row> next();
  /// Every row that is left.
  std::vector<Row> all();
  /// The names of the columns; empty where the statement yields no rows. Runs the statement up to its first row.
  const std::vector<std::string>& names();
  /// Drops what is left of the rows and goes to the statement's next result, which has columns of its own; false when
  /// there is none. Only MariaDB's CALL has several. One that nobody goes to is dropped, and its failure with it.
  ///
  ///     auto rows = db.query("call monthly_report(?)", 11);
  ///     do { print(rows.names(), rows.all()); } while (rows.next_result());
  bool next_result();

 private:
  void start();
  detail::Run run_;
  bool started_ = false;
  bool fresh_ = false;  // the row at hand was not given out yet
  bool more_ = false;
};

/// A statement prepared once and run many times; saves the cache look-up of Connection::exec. Must not outlive its
/// connection, and its rows must be gone before it is run again.
class Statement {
 public:
  Statement(detail::ConnectionState& connection, std::string_view sql);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Runs it; how many rows were changed. Throws as Connection::exec.
  template <class... Args>
  std::int64_t exec(const Args&... args) {
    static_assert(!(detail::is_list<Args> || ...), "a kept statement has no lists: their lengths are in its text");
    detail::Run run(*connection_, *statement_);
    run.bind(false, args...);
    return run.finish();
  }
  template <class... Ts, class... Args>
  Rows<Ts...> query(const Args&... args) {
    Rows<Ts...> rows(detail::Run(*connection_, *statement_));
    rows.bind(args...);
    return rows;
  }
  /// The only row. Throws Error (no_row, too_many_rows) when there is not just one.
  template <class... Ts, class... Args>
  detail::Result<Ts...> query_one(const Args&... args) {
    detail::Run run(*connection_, *statement_);
    return detail::only_row<Ts...>(run, args...);
  }
  /// The only row, or nothing when there is none. Throws Error (too_many_rows) when there are several.
  template <class... Ts, class... Args>
  std::optional<detail::Result<Ts...>> query_optional(const Args&... args) {
    detail::Run run(*connection_, *statement_);
    return detail::optional_row<Ts...>(run, args...);
  }

 private:
  detail::ConnectionState* connection_;
  detail::CachedStatement* statement_;
};

}  // namespace posthouse::sql
