#include "posthouse/net/socket/socket_options.h"

#include <cerrno>
#include <limits>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket.h"

namespace posthouse::net::detail {
namespace {

void set(int descriptor, int level, int name, std::int64_t value, const char* what) {
  if (value < 0 || value > std::numeric_limits<int>::max()) {
    throw Error(Errc::invalid, fmt::format("a socket cannot have {} of {}", what, value), 0, true);
  }
  const int number = static_cast<int>(value);
  if (::setsockopt(descriptor, level, name, &number, sizeof number) != 0) {
    throw Error::from_errno(errno, fmt::format("cannot set {} of a socket to {}", what, value));
  }
}

std::int64_t seconds(Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

}  // namespace

void apply_options(int descriptor, bool tcp, const SocketOptions& options) {
  if (options.send_buffer != 0) {
    set(descriptor, SOL_SOCKET, SO_SNDBUF, static_cast<std::int64_t>(options.send_buffer), "a send buffer");
  }
  if (options.receive_buffer != 0) {
    set(descriptor, SOL_SOCKET, SO_RCVBUF, static_cast<std::int64_t>(options.receive_buffer), "a receive buffer");
  }
  if (!tcp) {
    return;
  }
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, options.no_delay ? 1 : 0, "no delay");
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, options.keep_alive ? 1 : 0, "keep-alive");
  if (options.keep_alive) {
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds(options.keep_alive->idle), "a keep-alive idle time");
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, seconds(options.keep_alive->interval), "a keep-alive interval");
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, options.keep_alive->count, "a keep-alive count");
  }
  if (options.user_timeout != Duration::zero()) {
    set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT,
        std::chrono::ceil<std::chrono::milliseconds>(options.user_timeout).count(), "a user timeout");
  }
}

}  // namespace posthouse::net::detail
