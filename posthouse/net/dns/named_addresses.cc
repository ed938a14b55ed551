#include "posthouse/net/dns/named_addresses.h"

#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::net::detail {

std::vector<Address> named_addresses(std::string_view text, Deadline deadline) {
  const auto colon = text.rfind(':');
  const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto port = parse_number<std::uint16_t>(digits);
  if (!port || text.find(':') != colon) {
    throw Error(
        Errc::invalid,
        fmt::format("not an address: \"{}\" (like 127.0.0.1:25, [::1]:25, *:25 or host.example:25)", printable(text)),
        0, true);
  }
  return system_addresses(std::string(text.substr(0, colon)), *port, deadline);
}

}  // namespace posthouse::net::detail
