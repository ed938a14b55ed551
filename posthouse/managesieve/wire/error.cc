#include "posthouse/managesieve/wire/error.h"

#include <utility>

namespace posthouse::managesieve {
namespace {

ErrorDetails complete(Errc errc, ErrorDetails details) {
  if (details.code.empty()) {
    details.code = std::string("managesieve.") + to_string(errc);
  }
  if (errc == Errc::temporary) {
    details.retryable = true;
  }
  return details;
}

}  // namespace

Error::Error(Errc errc, const std::string& what, ErrorDetails details, std::string response_code,
             std::string response_value, SourceLocation where)
    : posthouse::Error(what, complete(errc, std::move(details)), where),
      errc_(errc),
      response_code_(std::move(response_code)),
      response_value_(std::move(response_value)) {}

const char* to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::refused:
      return "refused";
    case Errc::bye:
      return "bye";
    case Errc::auth_failed:
      return "auth_failed";
    case Errc::temporary:
      return "temporary";
    case Errc::referral:
      return "referral";
    case Errc::script:
      return "script";
    case Errc::nonexistent:
      return "nonexistent";
    case Errc::already_exists:
      return "already_exists";
    case Errc::active:
      return "active";
    case Errc::quota:
      return "quota";
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

}  // namespace posthouse::managesieve
