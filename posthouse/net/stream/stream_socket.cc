// What is asked of the socket below a stream.
#include <sys/socket.h>

#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net {

void set_options(Stream& stream, const SocketOptions& options) {
  const int descriptor = stream.native_handle();
  if (descriptor < 0) {
    throw Error(Errc::invalid, "there is no socket to set options of", 0, true);
  }
  detail::apply_options(descriptor, stream.peer_address().is_ip(), options);
}

PeerCredentials peer_credentials(const Stream& stream) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  int domain = 0;
  socklen_t domain_size = sizeof domain;
  const int descriptor = stream.native_handle();
  if (::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) != 0 || domain != AF_UNIX ||
      ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    throw Error(Errc::invalid, "only a Unix socket tells who its peer is", 0, true);
  }
  return {credentials.pid, credentials.uid, credentials.gid};
}

}  // namespace posthouse::net
