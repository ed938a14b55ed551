#pragma once
// Networks as values of settings. Private to this module.
#include <vector>

#include "posthouse/net/ip_network.h"
#include "posthouse/server/config/value.h"

namespace posthouse::server {

/// "192.0.2.0/24", "2001:db8::/32", or an address for it alone.
net::IpNetwork read_network(const Value& value);

/// One of them, or an array.
std::vector<net::IpNetwork> read_networks(const Value& value);

}  // namespace posthouse::server
