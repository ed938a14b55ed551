#include "posthouse/mime/tree/events.h"

#include "posthouse/mime/tree/event_parser.h"

namespace posthouse::mime {

bool is_embedded_message_type(std::string_view type) noexcept {
  if (!type.starts_with("message/")) {
    return false;
  }
  const std::string_view subtype = type.substr(8);
  // Their bodies are several blocks of fields (RFC 3464 section 2.1, RFC 6533 section 5).
  return subtype != "delivery-status" && subtype != "global-delivery-status";
}

void parse_events(std::string_view bytes, EventHandler& handler, const Limits& limits) {
  EventParser<EventHandler>(bytes, handler, limits).run();
}

}  // namespace posthouse::mime
