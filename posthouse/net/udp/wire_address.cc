#include "posthouse/net/udp/wire_address.h"

#include <cstring>

#include <fmt/format.h>

#include "posthouse/net/error.h"

namespace posthouse::net::detail {

namespace {

constexpr unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

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
    std::memcpy(&v6.sin6_addr, mapped_prefix, sizeof mapped_prefix);
    std::memcpy(reinterpret_cast<char*>(&v6.sin6_addr) + sizeof mapped_prefix, address.octets().data(), 4);
  } else if (address.family() == Address::Family::ipv6 && ipv6_socket) {
    sockaddr_storage storage;
    address.to_sockaddr(&storage);
    std::memcpy(&v6, &storage, sizeof v6);
  } else {
    cannot_reach(address);
  }
}

Address WireAddress::address() const {
  if (any.sa_family != AF_INET6 || std::memcmp(&v6.sin6_addr, mapped_prefix, sizeof mapped_prefix) != 0) {
    return Address::from_sockaddr(&any, size);
  }
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = v6.sin6_port;
  std::memcpy(&ipv4.sin_addr, reinterpret_cast<const char*>(&v6.sin6_addr) + sizeof mapped_prefix, 4);
  return Address::from_sockaddr(&ipv4, sizeof ipv4);
}

}  // namespace posthouse::net::detail
