#pragma once
// What takes a Listener's connections: a listening socket, a simulated network, a test.
#include <memory>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net {

/// Takes connections at one address. close() may be called from any thread while accept() waits.
class Acceptor {
 public:
  Acceptor() = default;
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  /// Closes. accept() must not be under way.
  virtual ~Acceptor() = default;

  /// Waits for the next connection; never null. One caller at a time. Throws as Listener::accept does.
  virtual std::unique_ptr<Transport> accept(Deadline deadline) = 0;
  /// Where it listens, with the port that was chosen when 0 was asked for.
  virtual Address local_address() const = 0;
  /// Takes no more: accept() throws Errc::canceled. May be called again. Never waits.
  virtual void close() noexcept = 0;
  /// False after close().
  virtual bool is_open() const noexcept = 0;
  /// Another acceptor of the same socket, as Listener::duplicate says. This one: Errc::invalid, there is no socket.
  virtual std::unique_ptr<Acceptor> duplicate();
};

}  // namespace posthouse::net
