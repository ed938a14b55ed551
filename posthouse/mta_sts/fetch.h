#pragma once
// A policy asked of its domain's web server (RFC 8461 section 3.3).
#include <string>

#include "posthouse/mta_sts/policies.h"
#include "posthouse/net/stream/connect_options.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::mta_sts {

/// Whom to trust and by which way, where it is not the system's.
struct FetchOptions {
  net::TlsClientOptions tls{};  ///< `verify` must stay true.
  net::ConnectOptions connect{};
  std::uint16_t port = 443;  ///< For tests.
};

/// GET https://mta-sts.DOMAIN/.well-known/mta-sts.txt: status 200, text/plain, at most policy_limit octets, no redirection,
/// a certificate that holds for mta-sts.DOMAIN. Throws net::Error for cancellation only.
FetchedText fetch_policy(const std::string& domain, net::Deadline deadline, const FetchOptions& options = {});

}  // namespace posthouse::mta_sts
