#include "posthouse/sieve/run/context.h"

namespace posthouse::sieve {

bool Mailboxes::has_special_use(std::string_view /*mailbox*/, std::string_view /*use*/) const {
  return false;
}

std::optional<std::string> Mailboxes::annotation(std::string_view /*mailbox*/, std::string_view /*name*/) const {
  return std::nullopt;
}

}  // namespace posthouse::sieve
