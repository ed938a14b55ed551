#include "posthouse/server/config/network_value.h"

namespace posthouse::server {

net::IpNetwork read_network(const Value& value) {
  const auto network = net::IpNetwork::try_parse(value.text());
  if (!network) {
    value.refuse("a network is wanted, such as 192.0.2.0/24 or 2001:db8::/32 (bits behind the prefix are 0)");
  }
  return *network;
}

std::vector<net::IpNetwork> read_networks(const Value& value) {
  std::vector<net::IpNetwork> networks;
  value.each([&](const Value& one) { networks.push_back(read_network(one)); });
  return networks;
}

}  // namespace posthouse::server
