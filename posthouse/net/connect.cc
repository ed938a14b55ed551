#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "posthouse/net/error.h"
#include "posthouse/net/resolver.h"
#include "posthouse/net/socket.h"
#include "posthouse/net/stream.h"
#include "posthouse/net/world.h"

namespace posthouse::net {

using detail::Descriptor;
using detail::SocketTransport;

namespace {

// Waits for the end of a connection attempt; returns its errno, 0 when connected.
int finish_connecting(Descriptor& descriptor, Deadline deadline) {
  descriptor.drained(Descriptor::Side::write);
  if (descriptor.wait(Descriptor::Side::write, deadline) == Descriptor::Wait::timeout) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

Stream connect(const Address& address, Deadline deadline) {
  if (World* world = World::current(); world != nullptr) return Stream(world->connect(address, deadline));
  const std::string action = "cannot connect to " + address.to_string();
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(address.to_sockaddr(&storage));
  auto transport = std::make_unique<SocketTransport>(detail::new_socket(address, action), address);
  Descriptor& descriptor = transport->descriptor();
  descriptor.begin_io();
  int error = 0;
  for (;;) {
    error = ::connect(descriptor.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR) error = finish_connecting(descriptor, deadline);
    if (error != EAGAIN) break;
    // A Unix socket whose backlog is full: nothing tells when it no longer is.
    if (deadline.expired()) {
      error = ETIMEDOUT;
      break;
    }
    sleep_for(std::chrono::milliseconds(5));
  }
  if (error != 0) throw Error::from_errno(error, action);
  if (address.is_ip()) detail::set_option(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return Stream(std::move(transport));
}

Stream connect(const std::string& host, std::uint16_t port, Deadline deadline) {
  if (const auto literal = Address::try_ip(host, port)) return connect(*literal, deadline);
  const std::vector<Address> addresses = system_addresses(host, port, deadline);
  std::string failures;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // Each address gets its share of the time, so that one that swallows packets does not use up all of it.
    const auto left = static_cast<Duration::rep>(addresses.size() - i);
    const Deadline attempt = deadline.is_never() || left == 1 ? deadline : Deadline(deadline.remaining() / left);
    try {
      return connect(addresses[i], attempt);
    } catch (const Error& error) {
      if (error.errc() == Errc::canceled) throw;
      if (left > 1 && !deadline.expired()) {
        failures += failures.empty() ? " (before: " : "; ";
        failures += error.what();
        continue;
      }
      std::string what = "cannot connect to " + host + ": " + error.what();
      if (!failures.empty()) what += failures + ")";
      throw Error(error.errc(), what, error.system_errno());
    }
  }
  throw Error(Errc::name_not_found, "cannot connect to " + host + ": the name has no address");
}

}  // namespace posthouse::net
