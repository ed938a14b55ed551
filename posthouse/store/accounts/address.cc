// What an address of the house looks like.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/accounts/names.h"

namespace posthouse::store {

std::optional<mail::Domain> parse_domain(std::string_view text) {
  auto domain = mail::Domain::parse(text);
  return domain && domain->is_host_name() ? std::move(domain) : std::nullopt;
}

std::optional<mail::Address> parse_address(std::string_view text) {
  auto address = mail::Address::parse(to_lower(text));
  return address && address->domain().is_host_name() ? std::move(address) : std::nullopt;
}

std::optional<std::string> normalize_domain(std::string_view domain) {
  const auto value = parse_domain(domain);
  return value ? std::optional(value->unicode()) : std::nullopt;
}

std::optional<std::string> normalize_address(std::string_view address) {
  const auto value = parse_address(address);
  return value ? std::optional(value->unicode()) : std::nullopt;
}

}  // namespace posthouse::store
