#include "posthouse/mailauth/dns/name.h"

#include <cstddef>

#include "posthouse/base/text.h"

namespace posthouse::mailauth {

bool is_dns_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 253) {
    return false;
  }
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) {
        return false;
      }
      label = 0;
    } else if (c < ' ' || c > '~' || c == '\\' || ++label > 63) {
      return false;
    }
  }
  return label != 0;
}

bool is_domain_or_below(std::string_view name, std::string_view domain) noexcept {
  if (name.size() <= domain.size()) {
    return iequals(name, domain);
  }
  const std::size_t end = name.size() - domain.size();
  return name[end - 1] == '.' && iequals(name.substr(end), domain);
}

}  // namespace posthouse::mailauth
