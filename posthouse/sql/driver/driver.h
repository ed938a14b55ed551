#pragma once
// What an engine has to provide. Programs use sql::Connection; only engines and sql itself include this.
//
// Invariants every driver keeps:
//  1. One thread at a time uses a connection and its statements; statements are gone before their connection.
//  2. Every failure is a sql::Error that carries the statement's text; after it the statement can be reset and run
//     again.
//  3. Bytes given to bind_text/bind_blob without `copy` are not touched after reset().
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/driver/transaction_options.h"

namespace posthouse::sql {

/// What a column of the current row holds.
enum class CellKind : std::uint8_t {
  null,
  integer,
  real,
  decimal,  ///< an exact number in decimal digits, in `bytes`: "-12.50"
  text,
  blob
};

/// One column of the current row; `bytes` is valid until the statement is stepped or reset.
struct Cell {
  CellKind kind = CellKind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes{};  // left as it was where the kind has none
};

/// Whether `bytes` counts.
inline bool has_octets(const Cell& cell) noexcept {
  return cell.kind >= CellKind::decimal;
}

/// A statement prepared by an engine. Parameter and column indices start at 0.
class DriverStatement {
 public:
  virtual ~DriverStatement() = default;
  virtual int parameter_count() const = 0;
  /// Of the result at hand; before the run, of the one that is expected.
  virtual int column_count() const = 0;
  /// False where only the run tells what columns there are: column_count() is 0 until then.
  virtual bool columns_are_known() const noexcept { return true; }
  virtual std::string_view column_name(int column) const = 0;
  virtual void bind_null(int parameter) = 0;
  virtual void bind_integer(int parameter, std::int64_t value) = 0;
  /// A value from 2^63 on; false, and nothing is bound, where the engine has no such integers.
  virtual bool bind_unsigned(int /*parameter*/, std::uint64_t /*value*/) { return false; }
  virtual void bind_real(int parameter, double value) = 0;
  /// With `copy` the engine takes a copy; without it the bytes stay valid until reset().
  virtual void bind_text(int parameter, std::string_view value, bool copy) = 0;
  virtual void bind_blob(int parameter, std::string_view value, bool copy) = 0;
  /// Runs to the next row; false when there is none left.
  virtual bool step() = 0;
  /// The cells of the current row, column_count() of them; valid, as what they hold, until the next step() or reset().
  virtual const Cell* row() = 0;
  /// Drops what is left of the rows and goes to the next result of the run; false when there is none.
  virtual bool next_result() { return false; }
  /// Ends the run and forgets the bound values.
  virtual void reset() noexcept = 0;
  /// Keeps the bound values for a run with those of others, by run_batch(), and resets the statement. False, and nothing
  /// is done, where they cannot be kept: there are enough, or the engine does not run this statement so.
  virtual bool add_to_batch() { return false; }
  /// Runs with all values that were kept; rows come by step() and next_result(), those of the first values first. False
  /// when there were none.
  virtual bool run_batch() { return false; }
  /// The statement's text.
  virtual std::string_view sql() const noexcept { return {}; }
  /// Of what kinds the values are that were bound last, one for each parameter.
  virtual std::vector<CellKind> parameter_kinds() const { return {}; }
};

struct BlobPlace;

/// A BLOB that is read, or one that is written.
class DriverBlob {
 public:
  virtual ~DriverBlob() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `into` with the octets from `offset` on, which lie within size().
  virtual void read(std::uint64_t offset, std::span<char> into) = 0;
  /// The next octets of the value; not more than size() in all.
  virtual void write(std::string_view piece) = 0;
  /// All has been written.
  virtual void finish() = 0;
};

/// A connection to an engine.
class DriverConnection {
 public:
  virtual ~DriverConnection() = default;
  /// Compiles one statement; an error when `sql` holds none or more than one.
  virtual std::unique_ptr<DriverStatement> prepare(std::string_view sql) = 0;
  /// Runs every statement of `sql` in turn, dropping rows.
  virtual void run_script(std::string_view sql) = 0;
  /// A BLOB to be read. Throws Error (no_row, type).
  virtual std::unique_ptr<DriverBlob> open_blob(const BlobPlace& place) = 0;
  /// The same to be replaced by `size` octets. A transaction is open, which the caller commits after finish().
  virtual std::unique_ptr<DriverBlob> replace_blob(const BlobPlace& place, std::uint64_t size) = 0;
  /// The id given to the row inserted last.
  virtual std::int64_t last_insert_id() = 0;
  /// Rows that the last INSERT, UPDATE or DELETE changed by itself.
  virtual std::int64_t changes() const = 0;
  /// Grows with every row changed since the connection was made.
  virtual std::int64_t total_changes() const = 0;
  virtual bool in_transaction() const = 0;
  /// False when the connection is known to be broken.
  virtual bool usable() const noexcept = 0;
  virtual std::string_view begin_statement(TransactionMode mode) const = 0;
  /// To be run before the transaction begins that is to have that isolation; empty where nothing needs to be.
  virtual std::string_view isolation_statement(Isolation isolation) const = 0;
  virtual void set_busy_timeout(std::chrono::milliseconds timeout) = 0;
  /// How long a server may be silent while something of it is awaited; 0: for ever.
  virtual void set_answer_timeout(std::chrono::milliseconds) {}
  /// "sqlite", "mariadb"
  virtual std::string_view engine() const noexcept = 0;
};

}  // namespace posthouse::sql
