#include "posthouse/sql/mariadb/mariadb_error.h"

#include <string>

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

#include "posthouse/sql/error.h"

namespace posthouse::sql::mariadb {
namespace {

// Codes that the client's headers do not name: of MySQL 8, and MariaDB's own.
constexpr unsigned mysql_check_violated = 3819;
constexpr unsigned mariadb_check_violated = 4025;
constexpr unsigned mariadb_connection_killed = 1927;
constexpr unsigned mariadb_statement_timeout = 1969;

struct Meaning {
  Errc errc;
  bool retryable = false;  // beyond what the code itself says
};

// What the client library finds by itself.
bool is_of_client(unsigned code) noexcept {
  return (code >= CR_MIN_ERROR && code <= 2999) || code >= 5000;
}

Meaning meaning_of_client_code(unsigned code) {
  switch (code) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
      return {Errc::lost, true};
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_IPSOCK_ERROR:
      return {Errc::connection, true};
    case CR_OUT_OF_MEMORY:
      return {Errc::memory};
    case CR_NET_PACKET_TOO_LARGE:
      return {Errc::too_big};
    case CR_COMMANDS_OUT_OF_SYNC:
    case CR_MALFORMED_PACKET:
      return {Errc::lost, true};
    default:
      return {Errc::connection};
  }
}

Meaning meaning_of(unsigned code) {
  switch (code) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
    case ER_DUP_KEY:
      return {Errc::unique};
    case ER_NO_REFERENCED_ROW:
    case ER_NO_REFERENCED_ROW_2:
    case ER_ROW_IS_REFERENCED:
    case ER_ROW_IS_REFERENCED_2:
      return {Errc::foreign_key};
    case ER_BAD_NULL_ERROR:
    case ER_NO_DEFAULT_FOR_FIELD:
      return {Errc::not_null};
    case mysql_check_violated:
    case mariadb_check_violated:
      return {Errc::check};
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_OR_ACTIVE_TRANSACTION:
    case ER_NEED_REPREPARE:       // tables changed again and again while the server prepared anew
    case ER_UNKNOWN_COM_ERROR:    // a Galera node that is not (yet, or any more) part of its cluster
    case ER_ERROR_DURING_COMMIT:  // the same in COMMIT
      return {Errc::busy};
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return {Errc::connection, true};
    case ER_SERVER_SHUTDOWN:
    case ER_ABORTING_CONNECTION:
    case ER_NEW_ABORTING_CONNECTION:
    case mariadb_connection_killed:
      return {Errc::lost, true};
    case ER_BAD_DB_ERROR:
    case ER_HOST_IS_BLOCKED:
    case ER_HOST_NOT_PRIVILEGED:
      return {Errc::connection};
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return {Errc::permission};
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
      return {Errc::full};
    case ER_ERROR_ON_READ:
    case ER_ERROR_ON_WRITE:
    case ER_CANT_OPEN_FILE:
      return {Errc::io};
    case ER_CRASHED_ON_USAGE:
    case ER_NOT_KEYFILE:
      return {Errc::corrupt};
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_OPEN_AS_READONLY:
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
    case ER_READ_ONLY_MODE:
      return {Errc::read_only};
    case ER_DATA_TOO_LONG:
    case ER_WARN_DATA_OUT_OF_RANGE:
    case ER_TRUNCATED_WRONG_VALUE:
    case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
    case ER_WRONG_VALUE_COUNT_ON_ROW:
      return {code == ER_WRONG_VALUE_COUNT_ON_ROW ? Errc::syntax : Errc::type};
    case ER_NET_PACKET_TOO_LARGE:
      return {Errc::too_big};
    case ER_QUERY_INTERRUPTED:
    case mariadb_statement_timeout:
      return {Errc::interrupted};
    case ER_OUTOFMEMORY:
    case ER_OUT_OF_RESOURCES:
      return {Errc::memory};
    case ER_EMPTY_QUERY:
      return {Errc::usage};
    default:
      break;
  }
  return is_of_client(code) ? meaning_of_client_code(code) : Meaning{Errc::other};
}

// SQLSTATE class 42: "syntax error or access rule violation", to which servers count unknown tables and columns too.
Errc errc_of(const Meaning& meaning, std::string_view sqlstate) {
  if (meaning.errc != Errc::other) {
    return meaning.errc;
  }
  if (sqlstate.starts_with("42")) {
    return Errc::syntax;
  }
  return sqlstate.starts_with("23") ? Errc::constraint : Errc::other;
}

[[noreturn]] void fail(unsigned code, const char* text, const char* sqlstate, std::string_view sql,
                       const std::string& before = {}) {
  const Meaning meaning = meaning_of(code);
  const Errc errc = errc_of(meaning, sqlstate);
  EngineCode engine;
  engine.primary = engine.extended = static_cast<int>(code);
  // These say less than the kind does.
  const std::string_view state = sqlstate;
  if (state != "00000" && state != "HY000" && state != "23000") {
    engine.sqlstate = state;
  }
  engine.retryable = meaning.retryable;
  throw Error(errc, fmt::format("{}{} [mariadb {}]", before, text, code), sql, std::move(engine));
}

}  // namespace

bool ends_connection(unsigned code) noexcept {
  return is_of_client(code) || code == ER_NET_PACKET_TOO_LARGE || meaning_of(code).errc == Errc::lost;
}

void fail(MYSQL* mysql, std::string_view sql) {
  fail(mysql_errno(mysql), mysql_error(mysql), mysql_sqlstate(mysql), sql);
}

void fail(MYSQL_STMT* statement, std::string_view sql) {
  if (mysql_stmt_errno(statement) == 0) {
    // The library leaves the statement's error empty when the connection breaks between two rows.
    if (statement->mysql != nullptr && mysql_errno(statement->mysql) != 0) {
      fail(statement->mysql, sql);
    }
    throw Error(Errc::lost, "the connection to the server broke while rows were read", sql,
                EngineCode{.primary = CR_SERVER_LOST, .extended = CR_SERVER_LOST, .retryable = true});
  }
  fail(mysql_stmt_errno(statement), mysql_stmt_error(statement), mysql_stmt_sqlstate(statement), sql);
}

void fail_to_connect(MYSQL* mysql, std::string_view where) {
  fail(mysql_errno(mysql), mysql_error(mysql), mysql_sqlstate(mysql), {},
       "cannot connect to " + std::string(where) + ": ");
}

}  // namespace posthouse::sql::mariadb
