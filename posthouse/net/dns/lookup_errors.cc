#include "posthouse/net/dns/lookup_errors.h"

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/host_name.h"

namespace posthouse::net::detail {

void not_found(const std::string& what) {
  throw Error(Errc::name_not_found, what, posthouse::ErrorDetails{.retryable = false, .connection_usable = true});
}

void ask_later(const std::string& what) {
  throw Error(Errc::name_not_found, what, posthouse::ErrorDetails{.retryable = true, .connection_usable = true});
}

std::string checked_name(const std::string& name) {
  std::string ascii = to_ascii_host(name);
  if (ascii.empty() || ascii.size() > 254 || ascii.find('\0') != std::string::npos) {
    not_found(fmt::format("\"{}\" is no host name", printable(name)));
  }
  return ascii;
}

}  // namespace posthouse::net::detail
