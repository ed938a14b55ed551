#pragma once
// For tests: hostile messages read to the last octet.
#include <cstddef>
#include <string>

#include "posthouse/mime/mime.h"
#include "posthouse/mime/testing/hostile/linear_time.h"

namespace posthouse::mime {

/// No limit that a test comes to, but that of depth.
inline Limits wide_limits() {
  Limits limits;
  limits.header_block = limits.header_line = std::size_t{1} << 30;
  limits.header_fields = limits.addresses = limits.parameters = limits.parts = std::size_t{1} << 24;
  return limits;
}

/// Everything a caller can ask of a message; returns some number, so that none of it is left out.
inline std::size_t read_all(const std::string& bytes, const Limits& limits) {
  const Message message = Message::view(bytes, limits);
  std::size_t sum = message.all_defects().size() + message.subject().size() + message.message_id().size();
  for (const char* name : {"From", "To", "Cc"}) {
    sum += message.addresses(name).size();
  }
  sum += message.message_ids("References").size();
  sum += message.attachments().size() + readable_text(message).size();
  for (const Part part : message.walk()) {
    sum += part.type().size() + part.charset().size() + part.filename().value_or("").size();
    for (const Field field : part.headers()) {
      sum += field.text().size();
    }
    if (part.is_leaf()) {
      sum += part.is("text/") ? part.text().size() : part.content().size();
    }
  }
  return sum;
}

}  // namespace posthouse::mime
