#pragma once
// How net::connect goes about it.
#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/socket/socket_options.h"

namespace posthouse::net {

class Resolver;

/// The defaults are those of RFC 8305 (Happy Eyeballs).
struct ConnectOptions {
  SocketOptions socket{};  ///< Of the connection, set before it is made.
  /// The address to connect from, mostly with port 0; none: the system chooses. Addresses of its other family are not
  /// tried.
  Address source{};
  /// The head start of each address before the next is tried, too (RFC 8305 section 5); at least 10 ms.
  Duration attempt_delay = std::chrono::milliseconds(250);
  /// How long known IPv4 addresses wait for IPv6 ones to be found (RFC 8305 section 3).
  Duration resolution_delay = std::chrono::milliseconds(50);
  /// Who finds the addresses; null: the system (system_addresses).
  Resolver* resolver = nullptr;
};

}  // namespace posthouse::net
