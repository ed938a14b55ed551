#include "posthouse/smtp/server/backend.h"

namespace posthouse::smtp {

Reply Backend::connect(const Session&) {
  return {220, {}, {}};
}

sasl::Verifier* Backend::verifier() noexcept {
  return nullptr;
}

bool Backend::may_send_without_log_in(const Session&) noexcept {
  return false;
}

Reply Backend::mail(const Session&, const Envelope&) {
  return ok();
}

void Backend::refused(const Session&, const Envelope&, Refused, std::string_view, const std::string&) noexcept {}

void Backend::reset(const Session&) noexcept {}

void Backend::changed(const Session&) noexcept {}

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
