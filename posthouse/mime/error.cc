#include "posthouse/mime/error.h"

#include <cerrno>

namespace posthouse::mime {
namespace {

bool may_succeed_later(Errc errc, int system_errno) {
  if (errc != Errc::file) {
    return errc == Errc::locked;
  }
  switch (system_errno) {
    case EAGAIN:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
      return true;
    default:
      return false;
  }
}

ErrorDetails details(Errc errc, const std::string& subject, int system_errno) {
  ErrorDetails result;
  result.code.append("mime.").append(to_string(errc));
  result.statement = subject;
  result.retryable = may_succeed_later(errc, system_errno);
  return result;
}

}  // namespace

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::address:
      return "address";
    case Errc::charset:
      return "charset";
    case Errc::file:
      return "file";
    case Errc::folder:
      return "folder";
    case Errc::gone:
      return "gone";
    case Errc::header:
      return "header";
    case Errc::header_injection:
      return "header_injection";
    case Errc::incomplete:
      return "incomplete";
    case Errc::locked:
      return "locked";
    case Errc::merge_field:
      return "merge_field";
    case Errc::merge_syntax:
      return "merge_syntax";
    case Errc::part:
      return "part";
    case Errc::report:
      break;
  }
  return "report";
}

Error::Error(Errc errc, const std::string& what, const std::string& subject, int system_errno, SourceLocation where)
    : posthouse::Error(what, details(errc, subject, system_errno), where), errc_(errc), system_errno_(system_errno) {}

}  // namespace posthouse::mime
