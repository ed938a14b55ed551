#pragma once
// How connections to other mail servers are protected, for whoever calls them.
#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "posthouse/relay/tls/plain_hosts.h"
#include "posthouse/relay/tls/requirement.h"
#include "posthouse/relay/tls/sts.h"

namespace posthouse::relay {

/// What became of one attempt to talk to a host under a policy: what TLS reports count (RFC 8460).
struct TlsSession {
  std::string domain{};                     ///< The policy domain.
  PolicyKind policy = PolicyKind::none;     ///< What it was held to.
  std::vector<std::string> policy_lines{};  ///< The TLSA records ("3 1 1 0123…") or the lines of the MTA-STS policy.
  std::vector<std::string> mx_patterns{};   ///< Of the MTA-STS policy.
  std::string host{};                       ///< The MX host.
  std::string address{};                    ///< Its address; empty where it was not called.
  std::string local_address{};              ///< Ours; empty likewise, and where the connection did not stand.
  std::string failure{};                    ///< The result type of RFC 8460 section 4.3; empty: all went well.
  std::string reason{};                     ///< The failure in words.

  friend auto operator<=>(const TlsSession&, const TlsSession&) = default;
};

/// Rules for all connections of a worker.
struct TlsRules {
  /// TLSA records are asked for and hold (RFC 7672). Without a resolver that validates (DNSSEC) there are none.
  bool dane = true;
  FindSts find_sts{};     ///< Empty: MTA-STS is not asked for.
  std::string ca_file{};  ///< Certificates to trust instead of the system's, where a certificate is to be verified.
  /// Told of each attempt, on any loop; must neither throw nor wait.
  std::function<void(const TlsSession&)> on_session{};
  std::shared_ptr<PlainHosts> plain_hosts = std::make_shared<PlainHosts>();
};

/// "3 1 1 0123…": as a zone file has it.
std::string to_text(const net::TlsaRecord& record);

/// The result type of RFC 8460 for an attempt that ended by `error`; empty when TLS had nothing to do with it.
std::string tls_failure_of(const std::exception& error);

/// True when a header says "TLS-Required: No" (RFC 8689 section 5).
bool says_tls_not_required(std::string_view header);

}  // namespace posthouse::relay
