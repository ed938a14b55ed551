#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

ErrorDetails details(Errc errc) {
  ErrorDetails result;
  result.code = "store." + std::string(to_string(errc));
  result.retryable = errc == Errc::locked || errc == Errc::overloaded || errc == Errc::stopped ||
                     errc == Errc::body_file || errc == Errc::in_use || errc == Errc::database || errc == Errc::refused;
  return result;
}

}  // namespace

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::invalid_name:
      return "invalid_name";
    case Errc::no_such_domain:
      return "no_such_domain";
    case Errc::no_such_account:
      return "no_such_account";
    case Errc::no_such_alias:
      return "no_such_alias";
    case Errc::no_such_mailbox:
      return "no_such_mailbox";
    case Errc::no_such_message:
      return "no_such_message";
    case Errc::exists:
      return "exists";
    case Errc::not_empty:
      return "not_empty";
    case Errc::database:
      return "database";
    case Errc::refused:
      return "refused";
    case Errc::data_folder:
      return "data_folder";
    case Errc::damaged:
      return "damaged";
    case Errc::body_file:
      return "body_file";
    case Errc::in_use:
      return "in_use";
    case Errc::locked:
      return "locked";
    case Errc::not_ours:
      return "not_ours";
    case Errc::schema_too_new:
      return "schema_too_new";
    case Errc::setting:
      return "setting";
    case Errc::too_many:
      return "too_many";
    case Errc::too_large:
      return "too_large";
    case Errc::over_quota:
      return "over_quota";
    case Errc::overloaded:
      return "overloaded";
    case Errc::abandoned:
      return "abandoned";
    case Errc::stopped:
      break;
  }
  return "stopped";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, details(errc), where), errc_(errc) {}

}  // namespace posthouse::store
