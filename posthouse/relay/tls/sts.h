#pragma once
// What a domain's MTA-STS policy asks of whoever sends it mail (RFC 8461), as the relay sees it.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/fiber.h"

namespace posthouse::relay {

/// A policy that is in force.
struct StsPolicy {
  enum class Mode {
    none,     ///< The domain has taken its policy back.
    testing,  ///< Mail goes as if there were none; what would have failed is reported.
    enforce,  ///< No mail to a host that does not match, or without TLS that verifies.
  };
  Mode mode = Mode::none;
  std::vector<std::string> mx{};     ///< Patterns for the hosts: "mx.two.test", "*.two.test".
  std::vector<std::string> lines{};  ///< The policy as it was read: "version: STSv1", "mode: enforce", …
};

/// The policy of a domain, and what went wrong when it was asked for. A cached policy stays in force beside a failure.
struct StsAnswer {
  std::optional<StsPolicy> policy{};
  std::string
      failure{};       ///< "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid" (RFC 8460); or empty.
  std::string text{};  ///< The failure in words.
};

/// Finds the policy of `domain`. May park. Throws net::Error (Errc::canceled); any other posthouse::Error, such as one of the
/// database that keeps policies, puts the mail off. Empty: MTA-STS is not asked for.
using FindSts = std::function<StsAnswer(const std::string& domain, net::Deadline deadline)>;

/// True when `host` is one of those that the policy's patterns name (RFC 8461 section 4.1): a star stands for one label.
bool allows(const StsPolicy& policy, std::string_view host) noexcept;

}  // namespace posthouse::relay
