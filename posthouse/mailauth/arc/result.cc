#include "posthouse/mailauth/arc/result.h"

#include <algorithm>

#include "posthouse/mailauth/dns/name.h"

namespace posthouse::mailauth {

mime::AuthenticationResult authentication_result(const ArcResult& result, const std::string& smtp_remote_ip) {
  mime::AuthenticationResult out{.method = "arc", .result = std::string(to_string(result.verdict))};
  out.reason = result.reason;
  if (!result.sets.empty()) {
    out.comment = "i=" + std::to_string(result.sets.size());
  }
  if (result.oldest_pass != 0) {
    out.properties.push_back({.type = "header", .name = "oldest-pass", .value = std::to_string(result.oldest_pass)});
  }
  if (!smtp_remote_ip.empty()) {
    out.properties.push_back({.type = "smtp", .name = "remote-ip", .value = smtp_remote_ip});
  }
  return out;
}

const ArcSet* trusted_set(const ArcResult& result, std::span<const mail::Domain> trusted) {
  if (result.verdict != Verdict::pass) {
    return nullptr;
  }
  const ArcSet* found = nullptr;
  for (auto set = result.sets.rbegin(); set != result.sets.rend(); ++set) {
    const bool is_trusted = std::any_of(trusted.begin(), trusted.end(), [&](const mail::Domain& domain) {
      return is_domain_or_below(set->domain, domain.ascii());
    });
    if (!is_trusted) {
      break;
    }
    found = &*set;
  }
  return found;
}

}  // namespace posthouse::mailauth
