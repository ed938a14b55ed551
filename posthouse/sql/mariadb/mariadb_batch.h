#pragma once
// Many runs of one statement sent together: the arrays that MariaDB's bulk protocol takes. Private to this module.
//
// A batch is a column for each parameter and a row for each run. All values of a column are of one type or NULL.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mysql.h>

namespace posthouse::sql::mariadb {

class Batch {
 public:
  /// Adds a copy of the values bound by `row` as one more row. False, and nothing is done, when one is of another type
  /// than its column or the batch is full: run it, clear() it, and add again.
  bool add(const std::vector<MYSQL_BIND>& row);
  std::size_t size() const noexcept { return rows_; }
  /// What the client library wants to know; valid until the next call of add() or clear().
  std::vector<MYSQL_BIND> arrays();
  void clear() noexcept;

 private:
  // With 100,000 narrow rows, larger batches were no faster.
  static constexpr std::size_t most_rows = 4096;
  static constexpr std::size_t most_octets = 1 << 20;  // the server's max_allowed_packet is 16 MiB unless set lower

  struct Column {
    enum_field_types type = MYSQL_TYPE_NULL;  // NULL: nothing else seen yet
    my_bool is_unsigned = 0;                  // integers from 2^63 on
    std::vector<std::int64_t> integers{};
    std::vector<double> reals{};
    std::vector<std::size_t> offsets{};  // of octets_
    std::vector<char*> pointers{};
    std::vector<unsigned long> lengths{};
    std::vector<char> indicators{};
  };
  bool fits(const std::vector<MYSQL_BIND>& row) const;  // beside the rows that are there
  void add(Column& column, const MYSQL_BIND& value);

  std::size_t rows_ = 0;
  std::string octets_;
  std::vector<Column> columns_;
};

}  // namespace posthouse::sql::mariadb
