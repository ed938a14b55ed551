#include "posthouse/net/host_name.h"

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::net {

std::string to_ascii_host(std::string_view name) {
  if (is_ascii(name)) {
    return std::string(name);
  }
  std::string_view why;
  auto ascii = domain_to_ascii(name, &why);
  if (!ascii) {
    throw Error(Errc::name_not_found, '"' + printable(name) + "\" is no host name: " + std::string(why),
                posthouse::ErrorDetails{.retryable = false, .connection_usable = true});
  }
  if (name.ends_with('.')) {
    *ascii += '.';  // it says that no search list is to be tried
  }
  return *ascii;
}

}  // namespace posthouse::net
