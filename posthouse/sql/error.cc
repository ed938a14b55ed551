#include "posthouse/sql/error.h"

#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::sql {
namespace {

struct KindText {
  std::string_view name;
  std::string_view sqlstate;
};

KindText text_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::connection:
      return {"connection", "08001"};
    case ErrorKind::permission:
      return {"permission", "42501"};
    case ErrorKind::usage:
      return {"usage", "07001"};
    case ErrorKind::syntax:
      return {"syntax", "42000"};
    case ErrorKind::type:
      return {"type", "22000"};
    case ErrorKind::no_row:
      return {"no_row", "02000"};
    case ErrorKind::too_many_rows:
      return {"too_many_rows", "21000"};
    case ErrorKind::unique:
      return {"unique", "23505"};
    case ErrorKind::foreign_key:
      return {"foreign_key", "23503"};
    case ErrorKind::not_null:
      return {"not_null", "23502"};
    case ErrorKind::check:
      return {"check", "23514"};
    case ErrorKind::constraint:
      return {"constraint", "23000"};
    case ErrorKind::lost:
      return {"lost", "08006"};
    case ErrorKind::busy:
      return {"busy", "40001"};
    case ErrorKind::full:
      return {"full", "53100"};
    case ErrorKind::io:
      return {"io", "58030"};
    case ErrorKind::corrupt:
      return {"corrupt", "XX001"};
    case ErrorKind::not_a_database:
      return {"not_a_database", "XX001"};
    case ErrorKind::read_only:
      return {"read_only", "25006"};
    case ErrorKind::too_big:
      return {"too_big", "54000"};
    case ErrorKind::interrupted:
      return {"interrupted", "57014"};
    case ErrorKind::memory:
      return {"memory", "53200"};
    case ErrorKind::other:
      break;
  }
  return {"other", "HY000"};
}

std::string describe(const std::string& what, std::string_view statement) {
  return statement.empty() ? what : what + "; statement: " + printable(statement);
}

ErrorDetails details(ErrorKind kind, std::string_view statement, bool retryable) {
  ErrorDetails result;
  result.code = "sql." + std::string(to_string(kind));
  result.statement = statement;
  result.retryable = retryable || kind == ErrorKind::busy || kind == ErrorKind::full || kind == ErrorKind::io;
  result.connection_usable = kind != ErrorKind::connection && kind != ErrorKind::lost &&
                             kind != ErrorKind::not_a_database && kind != ErrorKind::corrupt;
  return result;
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  return text_of(kind).name;
}

Error::Error(ErrorKind kind, const std::string& what, std::string_view statement, EngineCode engine,
             SourceLocation where)
    : posthouse::Error(describe(what, statement), details(kind, statement, engine.retryable), where),
      kind_(kind),
      engine_(std::move(engine)) {}

Error::Error(ErrorKind kind, EngineCode engine, const std::string& what, ErrorDetails details, SourceLocation where)
    : posthouse::Error(what, std::move(details), where), kind_(kind), engine_(std::move(engine)) {}

Error Error::detached() const {
  const EngineCode engine{engine_.primary, engine_.extended, std::string(engine_.sqlstate.c_str()), engine_.retryable};
  Error copy(kind_, engine, std::string(what()), details(kind_, statement(), engine_.retryable), where());
  copy.parameter_types_ = std::string(parameter_types_.c_str());
  return copy;
}

std::string_view Error::sqlstate() const noexcept {
  return engine_.sqlstate.empty() ? text_of(kind_).sqlstate : std::string_view(engine_.sqlstate);
}

}  // namespace posthouse::sql
