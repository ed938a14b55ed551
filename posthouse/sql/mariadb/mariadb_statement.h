#pragma once
// A statement prepared by the server. Private to this module.
//
//   prepared ──step──► executed ──► rows under way ──step…──► over ──reset──► prepared
//                          │              ▲                   │  ▲
//                          │              └────next_result────┘  │
//                          └─ no rows ───────────────────────────┘
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <mysql.h>

#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/mariadb/mariadb_batch.h"
#include "posthouse/sql/mariadb/row_buffer.h"

namespace posthouse::sql::mariadb {

class MariadbConnection;

class Statement final : public DriverStatement {
 public:
  /// Prepares `sql`, which must outlive the statement (the cache owns the text).
  Statement(MariadbConnection& connection, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() override;

  int parameter_count() const override { return static_cast<int>(parameters_.size()); }
  int column_count() const override;
  std::string_view column_name(int column) const override;
  bool columns_are_known() const noexcept override { return !late_columns_; }
  void bind_null(int parameter) override;
  void bind_integer(int parameter, std::int64_t value) override;
  bool bind_unsigned(int parameter, std::uint64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value, bool copy) override;
  void bind_blob(int parameter, std::string_view value, bool copy) override;
  bool step() override;
  const Cell* row() override { return current_; }
  bool next_result() override;
  void reset() noexcept override;
  bool add_to_batch() override;
  bool run_batch() override;
  std::string_view sql() const noexcept override { return sql_; }
  std::vector<CellKind> parameter_kinds() const override;

  /// Sends a piece of the BLOB that the parameter, bound as an empty one, is to be; before the first step().
  void send_piece(int parameter, std::string_view piece);
  /// Takes the rows and results still under way aside, so that the connection is free. On an Error, thrown, they are
  /// lost.
  void take_rest_aside();

 private:
  // How a column comes. While it stays the same, so do the buffers that it is read into.
  struct Layout {
    enum_field_types type = MYSQL_TYPE_NULL;
    unsigned charset = 0;
    unsigned is_unsigned = 0;
    bool operator==(const Layout&) const = default;
  };
  // Where the octets of a column go; numbers go straight into its cell.
  struct ColumnBuffer {
    Layout layout{};
    CellKind kind = CellKind::null;
    bool seldom = false;  ///< an integer that fill_seldom() looks at
    my_bool null = 0;
    my_bool truncated = 0;
    unsigned long length = 0;
    std::string octets{};  // its size is the capacity told to the client library
  };
  struct Argument {
    std::int64_t integer = 0;
    double real = 0;
    unsigned long length = 0;
    std::string copy{};
  };
  enum class State : unsigned char { prepared, rows, over };
  // A result taken aside.
  struct LaterResult {
    std::vector<std::string> names{};
    RowBuffer rows{};
  };

  MYSQL_BIND& parameter(int index) noexcept { return parameters_[static_cast<std::size_t>(index)]; }
  void bind_number(int index, enum_field_types type, void* number, bool is_unsigned = false);
  void bind_octets(int index, std::string_view value, bool copy, enum_field_types type);
  void bind_parameters();
  void end_run() noexcept;
  void execute();
  void send();
  void receive_result();
  void look_whether_undone();
  void go_to_next_result();
  bool columns_were_renamed() const noexcept;
  void take_over_columns();
  void drop_rows();
  void drop_what_is_under_way() noexcept;
  static CellKind kind_of(const Layout& layout);
  bool describe_columns();
  bool buffers_are_bound() const noexcept;
  void bind_columns();
  bool fetch();
  void fetch_long_values();
  void fill_cells();
  static void fill_seldom(Cell& cell, ColumnBuffer& column);
  void retire_buffers();

  MariadbConnection& connection_;
  const std::string_view sql_;
  MYSQL_STMT* statement_;
  std::vector<MYSQL_BIND> parameters_;
  std::vector<Argument> arguments_;
  bool parameters_changed_ = true;  // beyond the values that the library reads where it has been told to
  std::vector<ColumnBuffer> columns_;
  std::vector<Cell> cells_;  // of the row fetched last
  std::vector<MYSQL_BIND> results_;
  State state_ = State::prepared;
  bool late_columns_ = false;          // the server describes them only when the statement has run
  bool returns_changed_rows_ = false;  // RETURNING: for each row changed there is one
  bool runs_in_bulk_ = false;          // with arrays of values
  bool keeps_transaction_ = false;     // does not end the one that is open
  bool in_transaction_ = false;        // it was sent in one that it keeps
  bool more_results_ = false;          // behind the rows, or the end of rows, that is at hand
  std::uint64_t fetched_ = 0;          // rows of the result at hand
  // Where tables were altered since the statement was prepared: what the library has not room for.
  std::vector<MYSQL_FIELD> own_fields_;
  std::vector<std::string> own_names_;
  std::vector<MYSQL_BIND> own_binds_;
  Batch batch_;
  const Cell* current_ = nullptr;  // the current row: in cells_, the first of aside_, or in retired_
  RowBuffer aside_;
  std::list<LaterResult> later_;    // of which aside_ is the first once next_result() has gone there
  std::vector<std::string> names_;  // of the columns of a result that was taken aside
  bool row_aside_ = false;          // the current row is the first of aside_
  // The row the program looks at, perhaps by views, and its octets, while cells_ and columns_ went on; until the next
  // step.
  std::vector<Cell> retired_;
  std::vector<std::string> retired_octets_;
};

}  // namespace posthouse::sql::mariadb
