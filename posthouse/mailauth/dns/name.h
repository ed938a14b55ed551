#pragma once
// Names as the DNS has them. (Internal to the module.)
#include <string_view>

namespace posthouse::mailauth {

/// True for what a DNS server can be asked for: labels of 1 to 63 octets of printable ASCII, 253 octets in all. (A
/// backslash is refused, too: some resolvers take it for the beginning of an escape.)
bool is_dns_name(std::string_view name) noexcept;

/// True when `name` is `domain` or below it, ASCII case aside.
bool is_domain_or_below(std::string_view name, std::string_view domain) noexcept;

}  // namespace posthouse::mailauth
