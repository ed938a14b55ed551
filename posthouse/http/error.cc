#include "posthouse/http/error.h"

namespace posthouse::http {

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::url:
      return "url";
    case Errc::request:
      return "request";
    case Errc::protocol:
      return "protocol";
    case Errc::too_large:
      return "too_large";
    case Errc::closed:
      return "closed";
    case Errc::redirect:
      return "redirect";
  }
  return "error";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what,
                       {.code = "http." + std::string(to_string(errc)),
                        .retryable = errc == Errc::closed,
                        .connection_usable = errc == Errc::url || errc == Errc::request},
                       where),
      errc_(errc) {}

}  // namespace posthouse::http
