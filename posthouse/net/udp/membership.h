#pragma once
// Multicast options of UDP sockets. (Internal to the module.)
#include <string>

#include "posthouse/net/address.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::detail {

/// DatagramTransport::set_membership for a socket of the kernel.
void set_membership(int descriptor, const Address& group, const std::string& interface, bool member);
/// Sets how the socket sends multicast, and that it receives that of groups it has joined only, not of all that anybody
/// on this machine has. Throws Errc::invalid when the interface does not exist or a number is out of range.
void set_multicast_options(int descriptor, bool ipv6_socket, const UdpOptions& options);

}  // namespace posthouse::net::detail
