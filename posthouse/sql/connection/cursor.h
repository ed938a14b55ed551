#pragma once
// The vocabulary of Python's DB-API (PEP 249) for those who have it in their fingers.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::sql {

/// Runs statements one after the other and hands their rows out. Must not outlive its connection.
///
///     auto cursor = db.cursor();
///     cursor.execute("insert into user (id, name) values (?, ?)", "1", "Michael");
///     std::cout << cursor.rowcount() << '\n';
///     cursor.execute("select * from user where id = ?", "1");
///     for (const sql::Row& row : cursor.fetchall()) std::cout << row.get<std::string>("name") << '\n';
///
/// Unlike in Python each statement is a transaction of its own unless Connection::begin was called.
class Cursor {
 public:
  explicit Cursor(Connection& connection) : connection_(&connection) {}

  /// Runs one statement; the rows of the one before are dropped. Throws as Connection::exec.
  template <class... Args>
  Cursor& execute(std::string_view sql, const Args&... args) {
    close();
    detail::Run run = connection_->start(sql, args...);
    run.bind(true, args...);
    took(std::move(run));
    return *this;
  }
  /// Connection::exec_many.
  template <class Parameters>
  Cursor& executemany(std::string_view sql, const Parameters& parameters) {
    close();
    rowcount_ = connection_->exec_many(sql, parameters);
    return *this;
  }

  /// How many rows the last statement changed; -1 when it yields rows, or before the first.
  std::int64_t rowcount() const noexcept { return rowcount_; }
  /// The id that the last INSERT on the connection gave its row.
  std::int64_t lastrowid() const { return connection_->last_insert_id(); }
  /// The names of the columns; empty when the last statement yields no rows.
  const std::vector<std::string>& description() const noexcept { return description_; }

  /// The next row; nothing when there is none left.
  std::optional<Row> fetchone();
  /// At most `most` further rows.
  std::vector<Row> fetchmany(std::size_t most);
  /// All that are left.
  std::vector<Row> fetchall();
  /// Drops what is left of the rows and goes to the next result of the statement (MariaDB's CALL); false when there is
  /// none.
  bool nextset();
  /// Drops what is left of the rows.
  void close() noexcept;

 private:
  void took(detail::Run&& run);

  Connection* connection_;
  std::optional<Rows<>> rows_;
  std::vector<std::string> description_;
  std::int64_t rowcount_ = -1;
};

}  // namespace posthouse::sql
