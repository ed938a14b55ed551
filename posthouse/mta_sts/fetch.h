#pragma once
// A policy asked of its domain's web server (RFC 8461 section 3.3).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/mta_sts/policy.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/connect_options.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::mta_sts {

/// Why there is no policy, or why the one there is could not be fetched anew. The names are those that reports use (RFC
/// 8460 section 4.3.2.2).
enum class Failure : std::uint8_t {
  none,            ///< All is well, or the domain has no policy.
  dns,             ///< Nobody could say whether it has one.
  record_invalid,  ///< Its TXT records are malformed, or more than one.
  policy_fetch,    ///< "sts-policy-fetch-error": its web server did not answer, or not with a policy.
  policy_invalid,  ///< "sts-policy-invalid": the policy is malformed.
  webpki_invalid   ///< "sts-webpki-invalid": its web server could not prove who it is.
};
/// The word of RFC 8460; empty for none, dns and record_invalid, which it has no word for.
std::string_view report_word(Failure failure) noexcept;

/// The text of a policy, or why there is none.
struct FetchedText {
  std::optional<std::string> text{};
  Failure failure = Failure::none;
  std::string why{};
};

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
