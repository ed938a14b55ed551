#include "posthouse/sql/error.h"

#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::sql {
namespace {

struct ErrcText {
  std::string_view name;
  std::string_view sqlstate;
};

ErrcText text_of(Errc errc) noexcept {
  switch (errc) {
    case Errc::connection:
      return {"connection", "08001"};
    case Errc::permission:
      return {"permission", "42501"};
    case Errc::usage:
      return {"usage", "07001"};
    case Errc::syntax:
      return {"syntax", "42000"};
    case Errc::type:
      return {"type", "22000"};
    case Errc::no_row:
      return {"no_row", "02000"};
    case Errc::too_many_rows:
      return {"too_many_rows", "21000"};
    case Errc::unique:
      return {"unique", "23505"};
    case Errc::foreign_key:
      return {"foreign_key", "23503"};
    case Errc::not_null:
      return {"not_null", "23502"};
    case Errc::check:
      return {"check", "23514"};
    case Errc::constraint:
      return {"constraint", "23000"};
    case Errc::lost:
      return {"lost", "08006"};
    case Errc::busy:
      return {"busy", "40001"};
    case Errc::full:
      return {"full", "53100"};
    case Errc::io:
      return {"io", "58030"};
    case Errc::corrupt:
      return {"corrupt", "XX001"};
    case Errc::not_a_database:
      return {"not_a_database", "XX001"};
    case Errc::read_only:
      return {"read_only", "25006"};
    case Errc::too_big:
      return {"too_big", "54000"};
    case Errc::interrupted:
      return {"interrupted", "57014"};
    case Errc::memory:
      return {"memory", "53200"};
    case Errc::other:
      break;
  }
  return {"other", "HY000"};
}

std::string describe(const std::string& what, std::string_view statement) {
  return statement.empty() ? what : what + "; statement: " + printable(statement);
}

ErrorDetails details(Errc errc, std::string_view statement, bool retryable) {
  ErrorDetails result;
  result.code = "sql." + std::string(to_string(errc));
  result.statement = statement;
  result.retryable = retryable || errc == Errc::busy || errc == Errc::full || errc == Errc::io;
  result.connection_usable =
      errc != Errc::connection && errc != Errc::lost && errc != Errc::not_a_database && errc != Errc::corrupt;
  return result;
}

}  // namespace

std::string_view to_string(Errc errc) noexcept {
  return text_of(errc).name;
}

Error::Error(Errc errc, const std::string& what, std::string_view statement, EngineCode engine, SourceLocation where)
    : posthouse::Error(describe(what, statement), details(errc, statement, engine.retryable), where),
      errc_(errc),
      engine_(std::move(engine)) {}

Error::Error(Errc errc, EngineCode engine, const std::string& what, ErrorDetails details, SourceLocation where)
    : posthouse::Error(what, std::move(details), where), errc_(errc), engine_(std::move(engine)) {}

Error Error::detached() const {
  const EngineCode engine{engine_.primary, engine_.extended, std::string(engine_.sqlstate.c_str()), engine_.retryable};
  Error copy(errc_, engine, std::string(what()), details(errc_, statement(), engine_.retryable), where());
  copy.parameter_types_ = std::string(parameter_types_.c_str());
  return copy;
}

std::string_view Error::sqlstate() const noexcept {
  return engine_.sqlstate.empty() ? text_of(errc_).sqlstate : std::string_view(engine_.sqlstate);
}

}  // namespace posthouse::sql
