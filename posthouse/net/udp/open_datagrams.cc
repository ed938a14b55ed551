#include "posthouse/net/udp/open_datagrams.h"

#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/socket/bind_error.h"
#include "posthouse/net/socket/socket.h"
#include "posthouse/net/udp/kernel_datagrams.h"
#include "posthouse/net/udp/membership.h"
#include "posthouse/net/udp/wire_address.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net::detail {

namespace {

// Closes the socket unless it was handed on.
class Owned {
 public:
  explicit Owned(int descriptor) : descriptor_(descriptor) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

void set_options(int descriptor, bool ipv6, const UdpOptions& options) {
  if (options.reuse_port) {
    set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (options.reuse_address) {
    set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  }
  if (options.broadcast) {
    set_option(descriptor, SOL_SOCKET, SO_BROADCAST, 1);
  }
  if (options.receive_buffer > 0) {
    set_option(descriptor, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  }
  if (options.send_buffer > 0) {
    set_option(descriptor, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  }
  if (ipv6) {
    set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, options.dual_stack ? 0 : 1);
  }
  set_multicast_options(descriptor, ipv6, options);
}

void bind_to(int descriptor, const Address& local) {
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(local.to_sockaddr(&storage));
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    throw bind_error(errno, "cannot bind UDP to " + local.to_string(), local);
  }
}

void connect_to(int descriptor, const Address& peer, bool ipv6) {
  WireAddress address(peer, ipv6);
  if (::connect(descriptor, address.get(), address.size) == 0) {
    return;
  }
  const int error = errno;
  const std::string action = "cannot connect UDP to " + peer.to_string();
  if (error == EACCES) {
    throw Error(Errc::permission, action + ": permission denied (broadcast needs UdpOptions::broadcast)", error);
  }
  const Error plain = connect_error(error, action, peer);
  if (error == EINVAL && plain.errc() == Errc::system) {
    throw Error(Errc::invalid, plain.what(), error);
  }
  throw plain;
}

std::unique_ptr<DatagramTransport> open_at(const Address& local, const Address& peer, const UdpOptions& options) {
  const Address& decides = local.is_ip() ? local : peer;
  const bool ipv6 = decides.family() == Address::Family::ipv6;
  Owned socket(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) {
    throw Error::from_errno(errno, "cannot open a UDP socket for " + decides.to_string());
  }
  set_options(socket.get(), ipv6, options);
  if (local.is_ip()) {
    bind_to(socket.get(), local);
  }
  if (peer.family() != Address::Family::none) {
    connect_to(socket.get(), peer, ipv6);
  }
  return std::make_unique<KernelDatagrams>(socket.release(), peer);
}

}  // namespace

std::unique_ptr<DatagramTransport> open_datagrams(const Address& local, const Address& peer,
                                                  const UdpOptions& options) {
  if (!local.is_ip() && !peer.is_ip()) {
    throw Error(Errc::invalid, "UDP needs an IP address, not " + peer.to_string());
  }
  if (World* world = World::current(); world != nullptr) {
    return world->open_datagrams(local, peer, options);
  }
  try {
    return open_at(local, peer, options);
  } catch (const Error& error) {
    if (peer.is_ip() || !options.dual_stack || !means_ipv4_alone(local, error)) {
      throw;
    }
  }
  return open_at(Address("0.0.0.0", local.port()), peer, options);
}

}  // namespace posthouse::net::detail
