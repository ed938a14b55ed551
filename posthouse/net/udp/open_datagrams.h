#pragma once
// Makes UDP sockets of the kernel. (Internal to the module.)
#include <memory>

#include "posthouse/net/address.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::detail {

/// A socket bound to `local`, or to what the system chooses when that is none, and connected to `peer` unless that is
/// none; one of the two must be an IP address. Throws Error as UdpSocket::bind and connect do.
std::unique_ptr<DatagramTransport> open_datagrams(const Address& local, const Address& peer, const UdpOptions& options);

}  // namespace posthouse::net::detail
