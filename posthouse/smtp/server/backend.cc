#include "posthouse/smtp/server/backend.h"

namespace posthouse::smtp {

Reply Backend::connect(const Session&) {
  return {220, {}, {}};
}

std::optional<std::string> Backend::authenticate(const Session&, const sasl::Credentials&) {
  return std::nullopt;
}

Reply Backend::mail(const Session&, const Envelope&) {
  return ok();
}

void Backend::reset(const Session&) noexcept {}

Reply ok() {
  return {250, {}, {}};
}

std::string Session::protocol(bool smtputf8) const {
  if (!esmtp) {
    return "SMTP";
  }
  std::string out = smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (tls) {
    out += 'S';
  }
  if (!user.empty()) {
    out += 'A';
  }
  return out;
}

}  // namespace posthouse::smtp
