#include "posthouse/mime/compose/build_world.h"

#include <chrono>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/message_id.h"

namespace posthouse::mime {

Date BuildWorld::now() const {
  if (options_.now) {
    return options_.now();
  }
  return {.utc = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
}

std::string BuildWorld::new_message_id(std::string_view sender) const {
  const std::string_view domain = options_.domain.empty() ? sender.substr(sender.rfind('@') + 1) : options_.domain;
  return make_message_id(is_ascii(domain) ? domain : "localhost", random());
}

}  // namespace posthouse::mime
