#include "posthouse/queue/error.h"

namespace posthouse::queue {

std::string_view to_string(Errc errc) noexcept {
  return errc == Errc::no_recipients ? "no_recipients" : "no_domain";
}

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = "queue." + std::string(to_string(errc))}, where), errc_(errc) {}

}  // namespace posthouse::queue
