#include "posthouse/mail/error.h"

namespace posthouse::mail {
namespace {

const char* code_of(Errc errc) {
  switch (errc) {
    case Errc::domain:
      return "mail.domain";
    case Errc::local_part:
      return "mail.local_part";
    case Errc::address:
      break;
  }
  return "mail.address";
}

}  // namespace

Error::Error(Errc errc, const std::string& what, SourceLocation where)
    : posthouse::Error(what, {.code = code_of(errc)}, where), errc_(errc) {}

}  // namespace posthouse::mail
