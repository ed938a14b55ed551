#pragma once
// How connections to other mail servers are protected.
#include <string>
#include <vector>

#include "posthouse/server/config/schema.h"

namespace posthouse::server {

struct OutboundTlsSettings {
  bool dane = true;     ///< TLSA records hold (RFC 7672); without a resolver that validates there are none.
  bool mta_sts = true;  ///< Policies of recipients' domains hold (RFC 8461).
  std::string ca{};  ///< PEM file of the authorities to trust instead of the system's, where MTA-STS or REQUIRETLS ask.

  bool operator==(const OutboundTlsSettings&) const = default;
};

/// What other domains are told of the sessions with their hosts (RFC 8460).
struct TlsReportSettings {
  bool send = false;
  std::string from{};          ///< The author of the mails; empty: "tls-reports@" and the name of the host.
  std::string organization{};  ///< Empty: the name of the host.
  std::string contact{};       ///< Empty: as `from`.

  bool operator==(const TlsReportSettings&) const = default;
};

/// The tables [outbound_tls] and [tls_reports].
std::vector<Setting> outbound_tls_settings();

}  // namespace posthouse::server
