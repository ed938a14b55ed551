#include "posthouse/sieve/error.h"

namespace posthouse::sieve {

std::string_view to_string(Errc errc) noexcept {
  return errc == Errc::script ? "script" : "answer";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "sieve." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::sieve
