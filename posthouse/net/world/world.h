#pragma once
// What a program takes from outside: connections, datagrams, names, time, chance. All of net takes them from here when
// net::run was given a World; otherwise from the kernel.
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

#include "posthouse/fiber/time.h"
#include "posthouse/net/address.h"
#include "posthouse/net/world/acceptor.h"
#include "posthouse/net/world/datagram_transport.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net {

struct ListenOptions;
class Resolver;

/// A world for the fibers of one net::run (RunOptions::world); net::Simulation is one. Its run has one loop, on one
/// thread, and all calls come from there: from fibers, except choose() and advance(), which the loop itself makes and
/// which must not wait. Threads that a program starts itself, and what the kernel already gave it (adopted sockets,
/// signals, files), are outside.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// The world of the calling fiber; null where it is the kernel's.
  static World* current() noexcept;

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

  /// Behind net::now. Must stand still or go on, never back.
  virtual TimePoint now() noexcept = 0;
  /// Behind net::wall_now.
  virtual std::chrono::system_clock::time_point wall_now() noexcept = 0;
  /// Behind net::random_bytes and all that is drawn from it.
  virtual void random_bytes(std::span<char> out) = 0;

  /// Which of `ready` fibers (at least 1), counted in the order they became ready, runs next: a number below `ready`.
  virtual std::size_t choose(std::size_t ready) noexcept = 0;
  /// All fibers wait, the first of them until `moment`: now() is to reach it before this returns. False when the world
  /// does not go on that long: then all fibers are canceled, and net::run throws an Error that says what they waited
  /// for.
  virtual bool advance(TimePoint moment) noexcept = 0;
};

}  // namespace posthouse::net
