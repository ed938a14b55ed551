#pragma once
// What can go wrong with a database, told alike for every engine.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::sql {

/// The class of a database error; the same for every engine.
enum class Errc {
  connection,      ///< the database could not be reached or opened
  permission,      ///< the file or the account does not allow it
  usage,           ///< the caller's mistake: wrong number of parameters or columns, bad URL, statement at a wrong time
  syntax,          ///< the statement is not understood, or names what does not exist
  type,            ///< a value does not fit the C++ type asked for: NULL, text, out of range
  no_row,          ///< query_one found nothing
  too_many_rows,   ///< query_one or query_optional found more than one row
  unique,          ///< UNIQUE or PRIMARY KEY violated
  foreign_key,     ///< REFERENCES violated
  not_null,        ///< NOT NULL violated
  check,           ///< CHECK violated
  constraint,      ///< another constraint violated
  lost,            ///< the connection broke, perhaps in the middle of a statement; a new one may work
  busy,            ///< locked by another connection, or lost a race: the same attempt may succeed later
  full,            ///< no space left; may succeed once there is some
  io,              ///< reading, writing or syncing failed
  corrupt,         ///< the stored data are damaged
  not_a_database,  ///< the file is something else
  read_only,       ///< the database or connection cannot be written
  too_big,         ///< a value or statement exceeds a limit
  interrupted,     ///< stopped on request
  memory,          ///< out of memory
  other            ///< anything else; see engine_code()
};

/// Short stable name, e.g. "unique", as in Error::code() "sql.unique".
std::string_view to_string(Errc errc) noexcept;

/// What the engine itself says of a failure.
struct EngineCode {
  int primary = 0;         ///< SQLite: primary result code (19 for every constraint); MariaDB: the error number.
  int extended = 0;        ///< SQLite: extended result code (2067 for UNIQUE); MariaDB: as primary.
  std::string sqlstate{};  ///< Of the engine; empty: what the kind stands for.
  bool retryable = false;  ///< The same attempt may succeed later, though the kind alone does not say so.
};

/// A failed database operation.
///
///     try { db.exec("insert into user(id) values(?)", id); }
///     catch (const sql::Error& error) { if (error.errc() == sql::Errc::unique) … }
class Error : public posthouse::Error {
 public:
  /// `engine` is empty when the error is ours. The statement is appended to `what`, shortened; statement() has all of
  /// it.
  Error(Errc errc, const std::string& what, std::string_view statement = {}, EngineCode engine = {},
        SourceLocation where = SourceLocation::current());

  Errc errc() const noexcept { return errc_; }
  /// The engine's primary code (SQLite: 19 for every constraint; MariaDB: 1062 for UNIQUE), 0 when the error was found
  /// by this library.
  int engine_code() const noexcept { return engine_.primary; }
  /// The engine's extended code (SQLite: 2067 for UNIQUE).
  int extended_code() const noexcept { return engine_.extended; }
  /// Five characters: the engine's, or else as SQL:2016 (and PostgreSQL's additions) have them, e.g. "23505" for a
  /// UNIQUE violation.
  std::string_view sqlstate() const noexcept;
  /// Of what kinds the statement's parameters were: "integer, text, NULL"; empty where it had none, or was not run.
  const std::string& parameter_types() const noexcept { return parameter_types_; }
  /// For those parts of sql that run statements.
  void set_parameter_types(std::string types) noexcept { parameter_types_ = std::move(types); }
  /// A copy that shares no memory with this one: for giving one failure to several threads.
  Error detached() const;

 private:
  Error(Errc errc, EngineCode engine, const std::string& what, ErrorDetails details, SourceLocation where);

  Errc errc_;
  EngineCode engine_;
  std::string parameter_types_{};
};

}  // namespace posthouse::sql
