#include "posthouse/server/smtp/letter_log.h"

#include <algorithm>

#include "posthouse/server/log/log.h"

namespace posthouse::server {

std::string user_field(const smtp::Session& session) {
  return session.user.empty() ? "" : " user=" + shown(session.user);
}

std::string recipient_fields(const smtp::Envelope& envelope, std::size_t first) {
  const std::size_t end = std::min(envelope.recipients.size(), first + recipients_a_line);
  std::string fields;
  for (std::size_t i = first; i < end; ++i) {
    fields.append(" to=").append(shown(envelope.recipients[i]));
  }
  return fields;
}

}  // namespace posthouse::server
