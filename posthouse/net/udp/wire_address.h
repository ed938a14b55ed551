#pragma once
// Addresses as the kernel takes them and gives them for UDP. (Internal to the module.)
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include "posthouse/net/address.h"

namespace posthouse::net::detail {

/// The kernel's structure for one IP address. On an IPv6 socket IPv4 addresses are written as ::ffff:1.2.3.4; read back
/// they are IPv4 again, so that the sender of a datagram equals the address somebody else wrote down for it.
struct WireAddress {
  /// Room for one, with nothing in it.
  WireAddress() noexcept {}
  /// Throws Errc::invalid when a socket of that kind cannot reach `address`, or when that has no port.
  WireAddress(const Address& address, bool ipv6_socket);

  Address address() const;
  /// True when the two are the same octets; what the kernel has written twice for one peer is.
  bool is_same(const WireAddress& other) const noexcept {
    return size == other.size && std::memcmp(&any, &other.any, size) == 0;
  }
  sockaddr* get() noexcept { return &any; }

  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = sizeof(sockaddr_in6);
};

}  // namespace posthouse::net::detail
