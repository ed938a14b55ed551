#include "posthouse/net/udp/packet_info.h"

#include <cerrno>
#include <cstring>

#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket.h"

namespace posthouse::net::detail {
namespace {

template <class Info>
Info info_of(const cmsghdr& control) noexcept {
  Info info;
  std::memcpy(&info, CMSG_DATA(const_cast<cmsghdr*>(&control)), sizeof info);
  return info;
}

template <class Info>
std::size_t put(cmsghdr& control, int level, int type, const Info& info) noexcept {
  control.cmsg_level = level;
  control.cmsg_type = type;
  control.cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(&control), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

}  // namespace

void ask_for_packet_info(int descriptor, bool ipv6_socket) {
  const int on = 1;
  const int level = ipv6_socket ? IPPROTO_IPV6 : IPPROTO_IP;
  if (setsockopt(descriptor, level, ipv6_socket ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on) != 0) {
    throw Error::from_errno(errno, "cannot learn where datagrams are sent to");
  }
  if (ipv6_socket) {
    set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1);  // knows more of IPv4 datagrams
  }
}

void take_local(const cmsghdr& control, DatagramPeer& peer) noexcept {
  if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
    // Our own address, also where the datagram was sent to many.
    const in_addr local = info_of<in_pktinfo>(control).ipi_spec_dst;
    if (local.s_addr != INADDR_ANY) {
      peer.set_local({reinterpret_cast<const char*>(&local), sizeof local});
    }
  }
  // Comes before the other one.
  if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO) {
    const in6_addr local = info_of<in6_pktinfo>(control).ipi6_addr;
    const std::string_view octets(reinterpret_cast<const char*>(&local), sizeof local);
    if (IN6_IS_ADDR_V4MAPPED(&local)) {
      peer.set_local(octets.substr(sizeof local - sizeof(in_addr)));
    } else if (!IN6_IS_ADDR_MULTICAST(&local)) {
      peer.set_local(octets);
    }
  }
}

std::size_t put_local(cmsghdr& control, std::string_view local, bool ipv6_socket) {
  const Address address = Address::from_octets(local, 0);
  if (ipv6_socket) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, address.ipv6_octets().data(), sizeof info.ipi6_addr);
    return put(control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  if (address.family() != Address::Family::ipv4) {
    throw Error(Errc::invalid, "an IPv4 socket cannot send from " + address.ip(), 0, true);
  }
  in_pktinfo info{};
  std::memcpy(&info.ipi_spec_dst, local.data(), sizeof info.ipi_spec_dst);
  return put(control, IPPROTO_IP, IP_PKTINFO, info);
}

}  // namespace posthouse::net::detail
