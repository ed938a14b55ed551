#include "posthouse/pop3/wire/error.h"

#include <utility>

namespace posthouse::pop3 {
namespace {

ErrorDetails complete(Errc errc, ErrorDetails details) {
  if (details.code.empty()) {
    details.code = std::string("pop3.") + to_string(errc);
  }
  if (errc == Errc::in_use || errc == Errc::temporary) {
    details.retryable = true;
  }
  return details;
}

}  // namespace

Error::Error(Errc errc, const std::string& what, ErrorDetails details, std::string response_code, SourceLocation where)
    : posthouse::Error(what, complete(errc, std::move(details)), where),
      errc_(errc),
      response_code_(std::move(response_code)) {}

const char* to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::refused:
      return "refused";
    case Errc::auth_failed:
      return "auth_failed";
    case Errc::in_use:
      return "in_use";
    case Errc::temporary:
      return "temporary";
    case Errc::tls_unavailable:
      return "tls_unavailable";
    case Errc::insecure:
      return "insecure";
    case Errc::no_mechanism:
      return "no_mechanism";
    case Errc::protocol:
      return "protocol";
    case Errc::too_large:
      return "too_large";
    case Errc::usage:
      return "usage";
  }
  return "error";
}

}  // namespace posthouse::pop3
