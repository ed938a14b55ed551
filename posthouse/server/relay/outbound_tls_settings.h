#pragma once
// How connections to other mail servers are protected.
#include <string>
#include <vector>

#include "posthouse/server/config/schema.h"

namespace posthouse::server {

struct OutboundTlsSettings {
  bool dane = true;  ///< TLSA records hold (RFC 7672); without a resolver that validates there are none.
  std::string ca{};  ///< PEM file of the authorities to trust instead of the system's, where MTA-STS or REQUIRETLS ask.

  bool operator==(const OutboundTlsSettings&) const = default;
};

/// The table [outbound_tls].
std::vector<Setting> outbound_tls_settings();

}  // namespace posthouse::server
