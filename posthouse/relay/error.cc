#include "posthouse/relay/error.h"

namespace posthouse::relay {

std::string_view to_string(Errc errc) noexcept {
  return errc == Errc::route ? "route" : "no_host";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "relay." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::relay
