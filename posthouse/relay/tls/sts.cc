#include "posthouse/relay/tls/sts.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::relay {

bool allows(const StsPolicy& policy, std::string_view host) noexcept {
  return std::any_of(policy.mx.begin(), policy.mx.end(), [&](std::string_view pattern) {
    if (!pattern.starts_with("*.")) {
      return iequals(pattern, host);
    }
    const std::size_t dot = host.find('.');
    return dot != std::string_view::npos && dot != 0 && iequals(pattern.substr(1), host.substr(dot));
  });
}

}  // namespace posthouse::relay
