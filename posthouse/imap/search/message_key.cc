#include "posthouse/imap/search/message_key.h"

#include "posthouse/imap/search/message_text.h"
#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/mime/charset/casemap.h"

namespace posthouse::imap {

Envelope envelope_of(const Message& message) {
  Cursor in(message.envelope);
  return read_envelope(in).value_or(Envelope());
}

std::chrono::sys_seconds sent_moment(const Message& message, const Envelope& envelope) {
  const auto date = envelope.date ? mime::parse_date(*envelope.date) : std::nullopt;
  if (date) {
    return date->utc;
  }
  return message.sent_date ? std::chrono::sys_seconds(*message.sent_date) : message.internal_date.utc;
}

std::string comparable(std::string_view text, std::size_t most) {
  std::string key = mime::casemapped(text.substr(0, most));
  key.resize(std::min(key.size(), most));
  key.shrink_to_fit();
  return key;
}

std::string address_key(const std::vector<EnvelopeAddress>& addresses) {
  return addresses.empty() ? std::string() : decoded_value(addresses.front().mailbox.value_or(""));
}

std::string display_key(const std::vector<EnvelopeAddress>& addresses) {
  if (addresses.empty()) {
    return {};
  }
  const EnvelopeAddress& first = addresses.front();
  if (first.name && !first.name->empty()) {
    return decoded_value(*first.name);
  }
  const std::string host = first.host && !first.host->empty() ? '@' + *first.host : std::string();
  return decoded_value(first.mailbox.value_or("") + host);
}

}  // namespace posthouse::imap
