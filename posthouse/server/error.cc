#include "posthouse/server/error.h"

namespace posthouse::server {

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::config:
      return "config";
    case Errc::activation:
      return "activation";
    case Errc::no_server:
      return "no_server";
    case Errc::permission:
      return "permission";
    case Errc::refused:
      break;
  }
  return "refused";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "server." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::server
