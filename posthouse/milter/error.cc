#include "posthouse/milter/error.h"

namespace posthouse::milter {

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::endpoint:
      return "endpoint";
    case Errc::protocol:
      return "protocol";
    case Errc::too_large:
      return "too_large";
    case Errc::closed:
      return "closed";
  }
  return "error";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(
          what, {.code = "milter." + std::string(to_string(errc)), .connection_usable = errc == Errc::endpoint}, where),
      errc_(errc) {}

}  // namespace posthouse::milter
