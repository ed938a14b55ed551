#include "posthouse/imap/client/error.h"

#include <utility>

namespace posthouse::imap {
namespace {

ErrorDetails complete(Errc errc, ErrorDetails details) {
  if (details.code.empty()) {
    details.code = std::string("imap.") + to_string(errc);
  }
  if (errc == Errc::temporary || errc == Errc::bye) {
    details.retryable = true;
  }
  if (errc == Errc::bye || errc == Errc::protocol || errc == Errc::too_large) {
    details.connection_usable = false;
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
    case Errc::bad:
      return "bad";
    case Errc::auth_failed:
      return "auth_failed";
    case Errc::temporary:
      return "temporary";
    case Errc::bye:
      return "bye";
    case Errc::tls_unavailable:
      return "tls_unavailable";
    case Errc::insecure:
      return "insecure";
    case Errc::no_mechanism:
      return "no_mechanism";
    case Errc::no_message:
      return "no_message";
    case Errc::unsupported:
      return "unsupported";
    case Errc::protocol:
      return "protocol";
    case Errc::too_large:
      return "too_large";
    case Errc::usage:
      return "usage";
  }
  return "error";
}

}  // namespace posthouse::imap
