#include "posthouse/imap/wire/response/response.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::imap::response {

bool Capability::has(std::string_view name) const noexcept {
  return std::any_of(names.begin(), names.end(), [&](const std::string& other) { return iequals(other, name); });
}

bool ListEntry::has(std::string_view attribute) const noexcept {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const std::string& other) { return iequals(other, attribute); });
}

std::optional<std::uint64_t> MailboxStatus::number(StatusItem item) const noexcept {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const StatusValue& value) { return value.item == item; });
  return found == values.end() ? std::nullopt : found->number;
}

}  // namespace posthouse::imap::response
