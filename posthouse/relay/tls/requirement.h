#pragma once
// How a connection to one host must be protected, and why: decided from what the configuration, the DNS, the domain's
// policy and the letter say. Asks nobody.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/relay/route.h"
#include "posthouse/relay/tls/dane.h"
#include "posthouse/relay/tls/sts.h"

namespace posthouse::relay {

/// What the letter itself says about TLS (RFC 8689).
enum class LetterTls {
  as_published,  ///< Nothing: what the domain publishes counts.
  required,      ///< REQUIRETLS: TLS that verifies to a host that hands the demand on, or no delivery.
  not_required,  ///< "TLS-Required: No": better in clear text than not at all.
};

/// Which policy a session was held to (RFC 8460 section 4.2).
enum class PolicyKind {
  none,  ///< "no-policy-found"
  dane,  ///< "tlsa"
  sts,   ///< "sts"
};

/// "no-policy-found", "tlsa" or "sts".
std::string_view to_string(PolicyKind kind) noexcept;

/// What is known about a host before it is called.
struct TlsFacts {
  std::string host{};    ///< The MX host, or the route's.
  std::string domain{};  ///< Whose mail it is: the next-hop domain; the host of a route.
  RouteTls route = RouteTls::opportunistic;
  bool fixed = false;      ///< The host comes from the configuration.
  bool literal = false;    ///< The host is an address; nobody can vouch for it.
  bool secure_mx = false;  ///< The MX records that name it are signed.
  /// Where the signed MX records are an alias's (CNAME): the name that has them.
  std::string canonical_domain{};
  Dane dane{};
  std::optional<StsPolicy> sts{};
  LetterTls letter = LetterTls::as_published;
};

/// What is asked of the connection.
struct Requirement {
  enum class Level {
    plain,          ///< No TLS.
    opportunistic,  ///< TLS where it works, with any certificate (RFC 7435).
    encrypted,      ///< TLS with any certificate, or no delivery.
    dane,           ///< TLS with a certificate that matches `records`, or no delivery.
    authorities,    ///< TLS with a certificate of a trusted authority for the host's name, or no delivery.
    refused,        ///< No delivery to this host.
  };
  Level level = Level::opportunistic;
  bool implicit = false;  ///< TLS from the first octet.
  /// What does not hold is only reported, and the letter goes as if the level were `opportunistic` (MTA-STS's testing).
  bool report_only = false;
  /// The peer must offer REQUIRETLS.
  bool hand_on = false;
  PolicyKind policy = PolicyKind::none;
  std::string server_name{};               ///< To ask for in TLS, and to find in the certificate.
  std::vector<std::string> other_names{};  ///< That may stand there as well (RFC 7672 section 3.2.2).
  std::vector<net::TlsaRecord> records{};
  std::string
      why{};  ///< Who asks for that, for a bounce: "mx.two.test publishes TLSA records". Empty for what is usual.
  std::string status{};  ///< With `refused`: the enhanced status code.
  std::string fault{};   ///< With `refused` or `report_only`: the result type of RFC 8460, where there is one.

  /// The letter is lost without TLS.
  bool strict() const noexcept { return !report_only && level != Level::plain && level != Level::opportunistic; }
};

/// "opportunistic": for a log.
std::string_view to_string(Requirement::Level level) noexcept;

/// The decision. The configuration's word counts first, then the letter's, then DANE's, then MTA-STS's (RFC 8461 section
/// 2: where DANE speaks, MTA-STS cannot soften it).
Requirement decide(const TlsFacts& facts);

}  // namespace posthouse::relay
