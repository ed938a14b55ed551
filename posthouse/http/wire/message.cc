#include "posthouse/http/wire/message.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::http {

std::optional<std::string_view> Fields::find(std::string_view name) const noexcept {
  for (const auto& [each, value] : fields_) {
    if (iequals(each, name)) {
      return value;
    }
  }
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [&](const Field& field) { return iequals(field.first, name); }));
}

std::string Response::media_type() const {
  if (fields.count("content-type") != 1) {
    return {};
  }
  const std::string_view value = *fields.find("content-type");
  return to_lower(trim(value.substr(0, value.find(';'))));
}

}  // namespace posthouse::http
