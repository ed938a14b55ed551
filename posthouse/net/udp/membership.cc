#include "posthouse/net/udp/membership.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket.h"

namespace posthouse::net::detail {

namespace {

// 0, "any", for no name.
unsigned interface_index(const std::string& interface) {
  if (interface.empty()) {
    return 0;
  }
  const unsigned index = if_nametoindex(interface.c_str());
  if (index == 0) {
    throw Error(Errc::invalid, fmt::format("no network interface is called \"{}\"", printable(interface)), errno, true);
  }
  return index;
}

bool is_multicast(const Address& address) {
  if (!address.is_ip()) {
    return false;
  }
  const auto first = static_cast<unsigned char>(address.octets()[0]);
  return address.family() == Address::Family::ipv4 ? first >= 224 && first <= 239 : first == 0xff;
}

}  // namespace

void set_membership(int descriptor, const Address& group, const std::string& interface, bool member) {
  const std::string action = (member ? "cannot join " : "cannot leave ") + group.ip();
  if (!is_multicast(group)) {
    throw Error(Errc::invalid, action + ": not a multicast address", 0, true);
  }
  const unsigned index = interface_index(interface);
  int result = 0;
  if (group.family() == Address::Family::ipv4) {
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.octets().data(), 4);
    request.imr_ifindex = static_cast<int>(index);
    result =
        setsockopt(descriptor, IPPROTO_IP, member ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
  } else {
    ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.octets().data(), 16);
    request.ipv6mr_interface = index;
    result =
        setsockopt(descriptor, IPPROTO_IPV6, member ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof request);
  }
  if (result == 0) {
    return;
  }
  const int error = errno;
  if (error == EADDRINUSE) {
    throw Error(Errc::invalid, action + ": joined already", error, true);
  }
  if (error == EADDRNOTAVAIL && !member) {
    throw Error(Errc::invalid, action + ": not joined", error, true);
  }
  const Error failure = Error::from_errno(error, action);
  throw Error(failure.errc(), failure.what(), error, true);
}

void set_multicast_options(int descriptor, bool ipv6_socket, const UdpOptions& options) {
  if (options.multicast_hops < 0 || options.multicast_hops > 255) {
    throw Error(Errc::invalid, "multicast_hops must be 0 to 255, not " + std::to_string(options.multicast_hops));
  }
  const auto index = static_cast<int>(interface_index(options.multicast_interface));
  const int loop = options.multicast_loop ? 1 : 0;
  set_option(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  set_option(descriptor, IPPROTO_IP, IP_MULTICAST_TTL, options.multicast_hops);
  set_option(descriptor, IPPROTO_IP, IP_MULTICAST_LOOP, loop);
  if (index != 0) {
    ip_mreqn request{};
    request.imr_ifindex = index;
    setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
  }
  if (!ipv6_socket) {
    return;
  }
  set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, options.multicast_hops);
  set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop);
  if (index != 0) {
    set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  }
}

}  // namespace posthouse::net::detail
