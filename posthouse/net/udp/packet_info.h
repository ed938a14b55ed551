#pragma once
// Which of our addresses a datagram was sent to, and leaves from: IP_PKTINFO (ip(7)), IPV6_PKTINFO (RFC 3542 section 6).
// (Internal to the module.)
#include <cstddef>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::detail {

/// Room for what a received datagram is accompanied by: on an IPv6 socket IPv4 datagrams have both kinds.
constexpr std::size_t packet_info_space = CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(in6_pktinfo));
/// Room for what put_local() puts.
constexpr std::size_t local_space = CMSG_SPACE(sizeof(in6_pktinfo));

/// From now on the socket tells it with each datagram. Throws Error.
void ask_for_packet_info(int descriptor, bool ipv6_socket);
/// Puts into `peer` from where an answer is to leave, if `control` says it.
void take_local(const cmsghdr& control, DatagramPeer& peer) noexcept;
/// Fills `control` (with room for local_space) so that the datagram leaves from `local`, 4 or 16 octets. Returns how many
/// octets count. Throws Error (Errc::invalid) when a socket of that kind has no such address.
std::size_t put_local(cmsghdr& control, std::string_view local, bool ipv6_socket);

}  // namespace posthouse::net::detail
