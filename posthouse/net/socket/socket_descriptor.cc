#include "posthouse/net/socket/socket_descriptor.h"

#include <sys/socket.h>

#include "posthouse/net/address.h"

namespace posthouse::net::detail {

std::string SocketDescriptor::peer_name() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  const Address peer = Address::from_sockaddr(&storage, size);
  return peer.family() == Address::Family::none ? std::string() : peer.to_string();
}

}  // namespace posthouse::net::detail
