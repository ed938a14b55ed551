#include "posthouse/sql/sqlite/sqlite_error.h"

#include <string>

namespace posthouse::sql {
namespace {

ErrorKind constraint_kind(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return ErrorKind::unique;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return ErrorKind::foreign_key;
    case SQLITE_CONSTRAINT_NOTNULL:
      return ErrorKind::not_null;
    case SQLITE_CONSTRAINT_CHECK:
      return ErrorKind::check;
    default:
      return ErrorKind::constraint;
  }
}

}  // namespace

ErrorKind kind_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      return ErrorKind::syntax;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorKind::permission;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return ErrorKind::busy;
    case SQLITE_NOMEM:
      return ErrorKind::memory;
    case SQLITE_READONLY:
      return ErrorKind::read_only;
    case SQLITE_INTERRUPT:
    case SQLITE_ABORT:
      return ErrorKind::interrupted;
    case SQLITE_IOERR:
      return extended == SQLITE_IOERR_NOMEM ? ErrorKind::memory : ErrorKind::io;
    case SQLITE_CORRUPT:
      return ErrorKind::corrupt;
    case SQLITE_FULL:
      return ErrorKind::full;
    case SQLITE_CANTOPEN:
      return ErrorKind::connection;
    case SQLITE_TOOBIG:
      return ErrorKind::too_big;
    case SQLITE_CONSTRAINT:
      return constraint_kind(extended);
    case SQLITE_MISMATCH:
      return ErrorKind::type;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return ErrorKind::usage;
    case SQLITE_NOTADB:
      return ErrorKind::not_a_database;
    default:
      return ErrorKind::other;
  }
}

void fail(sqlite3* db, int result, std::string_view sql) {
  // The connection's message belongs to its last call; a result that it does not match is told by its number alone.
  const int extended = sqlite3_extended_errcode(db);
  const bool matches = (extended & 0xff) == (result & 0xff);
  const int code = matches ? extended : result;
  std::string what = matches ? sqlite3_errmsg(db) : sqlite3_errstr(result);
  what += " [sqlite " + std::to_string(code) + "]";
  throw Error(kind_of(code), what, sql, EngineCode{.primary = code & 0xff, .extended = code});
}

}  // namespace posthouse::sql
