#pragma once
// Whom limits on clients are about.
#include <string>

#include "posthouse/net/address.h"

namespace posthouse::dialogue {

/// What stands for the host at `peer`: octets that are equal for all addresses that one host can choose from. An IPv4
/// address, also where it came in over IPv6, is its own; of an IPv6 address it is the /64 (RFC 4291 section 2.5.4).
/// Empty for addresses that are not IP.
std::string origin_of(const net::Address& peer);

}  // namespace posthouse::dialogue
