#include "posthouse/server/error.h"

namespace posthouse::server {

std::string_view to_string(Errc errc) noexcept {
  return errc == Errc::config ? "config" : "activation";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "server." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::server
