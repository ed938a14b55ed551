#pragma once
// A statement prepared by the server. Private to this module.
//
//   prepared ──step──► executed ──► rows under way ──step…──► over ──reset──► prepared
//                          └─ no rows ─────────────────────────────────────────┘
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <mysql.h>

#include "posthouse/sql/driver.h"
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
  void bind_null(int parameter) override;
  void bind_integer(int parameter, std::int64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value, bool copy) override;
  void bind_blob(int parameter, std::string_view value, bool copy) override;
  bool step() override;
  Cell cell(int column) const override;
  void reset() noexcept override;
  void add_to_batch() override;
  void run_batch() override;

  /// Takes the rows still under way aside, so that the connection is free. On an Error, thrown, they are lost.
  void take_rest_aside();

 private:
  struct ColumnBuffer {
    enum class Kind : unsigned char { integer, real, decimal, text, blob, bits };
    Kind kind = Kind::text;
    bool is_unsigned = false;
    my_bool null = 0;
    my_bool truncated = 0;
    std::int64_t integer = 0;
    double real = 0;
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

  MYSQL_BIND& parameter(int index) noexcept { return parameters_[static_cast<std::size_t>(index)]; }
  void bind_octets(int index, std::string_view value, bool copy, enum_field_types type);
  void execute();
  static ColumnBuffer::Kind kind_of(const MYSQL_FIELD& field);
  void describe_columns();
  void bind_columns();
  bool fetch();
  void fetch_long_values();
  void read_ahead();
  void keep_row();
  Cell fetched(int column) const;

  MariadbConnection& connection_;
  const std::string_view sql_;
  MYSQL_STMT* statement_;
  std::vector<MYSQL_BIND> parameters_;
  std::vector<Argument> arguments_;
  std::vector<std::string> names_;
  std::vector<ColumnBuffer> columns_;
  std::vector<MYSQL_BIND> results_;
  State state_ = State::prepared;
  Batch batch_;
  RowBuffer aside_;
  bool row_aside_ = false;          // the current row is the first of aside_
  std::vector<std::string> views_;  // octets the program may have views of, until the next step
};

}  // namespace posthouse::sql::mariadb
