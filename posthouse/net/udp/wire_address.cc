#include "posthouse/net/udp/wire_address.h"

#include <cstring>

#include <fmt/format.h>

#include "posthouse/net/error.h"

namespace posthouse::net::detail {

namespace {

[[noreturn]] void cannot_reach(const Address& address) {
  std::string reason = "not an IP address";
  if (address.is_ip()) {
    reason = address.port() == 0 ? "port 0 is no destination" : "the socket is bound to an IPv4 address";
  }
  throw Error(Errc::invalid, fmt::format("cannot send to {}: {}", address.to_string(), reason), 0, true);
}

}  // namespace

WireAddress::WireAddress(const Address& address, bool ipv6_socket) {
  if (address.port() == 0) {
    cannot_reach(address);
  }
  if (address.family() == Address::Family::ipv4 && !ipv6_socket) {
    v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port());
    std::memcpy(&v4.sin_addr, address.octets().data(), 4);
    size = sizeof v4;
  } else if (address.family() == Address::Family::ipv4) {
    v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port());
    std::memcpy(&v6.sin6_addr, address.ipv6_octets().data(), sizeof v6.sin6_addr);
  } else if (address.family() == Address::Family::ipv6 && ipv6_socket) {
    sockaddr_storage storage;
    address.to_sockaddr(&storage);
    std::memcpy(&v6, &storage, sizeof v6);
  } else {
    cannot_reach(address);
  }
}

Address WireAddress::address() const {
  Address read = Address::from_sockaddr(&any, size);
  const std::string_view ipv4 = read.ipv4_octets();
  return read.family() == Address::Family::ipv6 && !ipv4.empty() ? Address::from_octets(ipv4, read.port()) : read;
}

}  // namespace posthouse::net::detail
