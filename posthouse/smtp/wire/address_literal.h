#pragma once
// The name of a host that has none.
#include <string>

#include "posthouse/net/address.h"

namespace posthouse::smtp {

/// `address` as an address literal (RFC 5321 section 4.1.3): "[192.0.2.1]", "[IPv6:2001:db8::1]", without a zone. Empty
/// when it is no IP address.
std::string address_literal(const net::Address& address);

}  // namespace posthouse::smtp
