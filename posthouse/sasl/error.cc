#include "posthouse/sasl/error.h"

namespace posthouse::sasl {

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::mechanism:
      return "mechanism";
    case Errc::credentials:
      return "credentials";
    case Errc::crypto:
      return "crypto";
  }
  return "error";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "sasl." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::sasl
