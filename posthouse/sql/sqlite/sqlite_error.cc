#include "posthouse/sql/sqlite/sqlite_error.h"

#include <string>

#include "posthouse/fiber/scope.h"

namespace posthouse::sql {
namespace {

Errc constraint_errc(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Errc::unique;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return Errc::foreign_key;
    case SQLITE_CONSTRAINT_NOTNULL:
      return Errc::not_null;
    case SQLITE_CONSTRAINT_CHECK:
      return Errc::check;
    default:
      return Errc::constraint;
  }
}

}  // namespace

Errc errc_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      return Errc::syntax;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Errc::permission;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return Errc::busy;
    case SQLITE_NOMEM:
      return Errc::memory;
    case SQLITE_READONLY:
      return Errc::read_only;
    case SQLITE_INTERRUPT:
    case SQLITE_ABORT:
      return Errc::interrupted;
    case SQLITE_IOERR:
      return extended == SQLITE_IOERR_NOMEM ? Errc::memory : Errc::io;
    case SQLITE_CORRUPT:
      return Errc::corrupt;
    case SQLITE_FULL:
      return Errc::full;
    case SQLITE_CANTOPEN:
      return Errc::connection;
    case SQLITE_TOOBIG:
      return Errc::too_big;
    case SQLITE_CONSTRAINT:
      return constraint_errc(extended);
    case SQLITE_MISMATCH:
      return Errc::type;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Errc::usage;
    case SQLITE_NOTADB:
      return Errc::not_a_database;
    default:
      return Errc::other;
  }
}

void fail(sqlite3* db, int result, std::string_view sql) {
  if (const int primary = result & 0xff; primary == SQLITE_BUSY || primary == SQLITE_INTERRUPT) {
    fiber::throw_if_interrupted();
  }
  // The connection's message belongs to its last call; a result that it does not match is told by its number alone.
  const int extended = sqlite3_extended_errcode(db);
  const bool matches = (extended & 0xff) == (result & 0xff);
  const int code = matches ? extended : result;
  std::string what = matches ? sqlite3_errmsg(db) : sqlite3_errstr(result);
  what += " [sqlite " + std::to_string(code) + "]";
  throw Error(errc_of(code), what, sql, EngineCode{.primary = code & 0xff, .extended = code});
}

}  // namespace posthouse::sql
