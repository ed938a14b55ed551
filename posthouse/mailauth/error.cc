#include "posthouse/mailauth/error.h"

namespace posthouse::mailauth {

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::key:
      return "key";
    case Errc::key_file:
      return "key_file";
    case Errc::name:
      return "name";
    case Errc::field:
      return "field";
    case Errc::crypto:
      return "crypto";
    case Errc::report:
      return "report";
  }
  return "error";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "mailauth." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::mailauth
