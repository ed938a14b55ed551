#include "posthouse/server/config/schema.h"

#include <algorithm>

namespace posthouse::server {

const ListenerKind* ConfigSchema::find_listener(std::string_view name) const noexcept {
  const auto found =
      std::find_if(listeners.begin(), listeners.end(), [&](const ListenerKind& kind) { return kind.name == name; });
  return found == listeners.end() ? nullptr : &*found;
}

std::string ConfigSchema::listener_names(std::string_view last) const {
  std::string names;
  for (const ListenerKind& kind : listeners) {
    names.append(names.empty() ? "" : &kind == &listeners.back() ? last : ", ").append(kind.name);
  }
  return names;
}

}  // namespace posthouse::server
