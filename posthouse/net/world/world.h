#pragma once
// What a program takes from outside: connections, datagrams and names, beside time and chance. All of net takes them
// from here when net::run was given a World; otherwise from the kernel.
#include <memory>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/world/acceptor.h"
#include "posthouse/net/world/datagram_transport.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net {

struct ListenOptions;
class Resolver;

/// A World with a network (RunOptions::world); net::Simulation is one. All calls come from fibers of its run, and may
/// wait.
class World : public fiber::World {
 public:
  /// The world of the calling fiber; null where it is the kernel's. Throws Error (Errc::invalid) where it is one
  /// without a network.
  static World* current();

  /// Behind net::connect(const Address&). Errors as there.
  virtual std::unique_ptr<Transport> connect(const Address& address, Deadline deadline) = 0;
  /// Behind net::listen. Errors as there.
  virtual std::unique_ptr<Acceptor> listen(const Address& address, const ListenOptions& options) = 0;
  /// Behind UdpSocket::bind and UdpSocket::connect: bound to `local` and connected to `peer`, one of which may be none.
  /// Errors as there.
  virtual std::unique_ptr<DatagramTransport> open_datagrams(const Address& local, const Address& peer,
                                                            const UdpOptions& options) = 0;
  /// Behind net::system_addresses, connecting by name, and SystemResolver.
  virtual Resolver& resolver() noexcept = 0;
};

}  // namespace posthouse::net
