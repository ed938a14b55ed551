#include <cerrno>
#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>

#include "posthouse/net/error.h"
#include "posthouse/net/socket/bind_error.h"
#include "posthouse/net/socket/socket.h"
#include "posthouse/net/stream/race.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net {

using detail::SocketTransport;
using fiber::detail::Descriptor;

namespace {

// Waits for the end of a connection attempt; returns its errno, 0 when connected.
int finish_connecting(Descriptor& descriptor, Deadline deadline) {
  descriptor.drained(Descriptor::Side::write);
  if (descriptor.wait(Descriptor::Side::write, deadline) == Descriptor::Wait::timeout) {
    return ETIMEDOUT;
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    return errno;
  }
  return error;
}

// Binds to the address to connect from. IP_BIND_ADDRESS_NO_PORT leaves the choice of a port to connect(), which may use
// one again for another destination.
void bind_source(int descriptor, const Address& source, const std::string& action) {
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(source.to_sockaddr(&storage));
  if (source.is_ip() && source.port() == 0) {
    detail::set_option(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  }
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    throw detail::bind_error(errno, action + " from " + source.to_string(), source);
  }
}

}  // namespace

Stream connect(const Address& address, Deadline deadline, const ConnectOptions& options) {
  if (World* world = World::current(); world != nullptr) {
    return Stream(world->connect(address, deadline));
  }
  const std::string action = "cannot connect to " + address.to_string();
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(address.to_sockaddr(&storage));
  auto transport = std::make_unique<SocketTransport>(detail::new_socket(address, action), address);
  Descriptor& descriptor = transport->descriptor();
  detail::apply_options(descriptor.get(), address.is_ip(), options.socket);
  if (options.source.family() != Address::Family::none) {
    bind_source(descriptor.get(), options.source, action);
  }
  descriptor.begin_io();
  int error = 0;
  for (;;) {
    error = ::connect(descriptor.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR) {
      error = finish_connecting(descriptor, deadline);
    }
    if (error != EAGAIN) {
      break;
    }
    // A Unix socket whose backlog is full: nothing tells when it no longer is. (For TCP it means that no port is free.)
    if (address.is_ip() || deadline.expired()) {
      error = address.is_ip() ? EADDRNOTAVAIL : ETIMEDOUT;
      break;
    }
    sleep_for(std::chrono::milliseconds(5));
  }
  if (error != 0) {
    throw detail::connect_error(error, action, address);
  }
  return Stream(std::move(transport));
}

Stream connect(const std::string& host, std::uint16_t port, Deadline deadline, const ConnectOptions& options) {
  if (const auto literal = Address::try_ip(host, port)) {
    return connect(*literal, deadline, options);
  }
  return detail::ConnectRace(host, port, deadline, options).run();
}

}  // namespace posthouse::net
