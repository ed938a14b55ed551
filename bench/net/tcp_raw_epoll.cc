// The least a readiness loop can do: one thread, level-triggered epoll, one shared buffer, read then write. It is what
// tcp_echo, the same service on posthouse::net, is measured against. Prints `port N`, then echoes until killed.
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tcp_socket.h"
#include <sys/epoll.h>
#include <unistd.h>

namespace {

using namespace net_bench;

int listen_anywhere() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || bind(listener, generic, size) != 0 || listen(listener, 4096) != 0) {
    fail("listen");
  }
  getsockname(listener, generic, &size);
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void accept_all(int listener, int epoll) {
  for (int peer; (peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    send_at_once(peer);
    watch(epoll, peer, EPOLLIN, nullptr);
  }
}

void echo(int peer) {
  static std::array<char, 64 * 1024> buffer;
  const ssize_t got = read(peer, buffer.data(), buffer.size());
  if (got < 0 && errno == EAGAIN) {
    return;
  }
  // A peer that waits for each answer never fills the socket, so a short write is an error here.
  if (got <= 0 || write(peer, buffer.data(), static_cast<std::size_t>(got)) != got) {
    close(peer);
  }
}

}  // namespace

int main() try {
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_files();
  const int epoll = epoll_create1(0), listener = listen_anywhere();
  watch(epoll, listener, EPOLLIN, nullptr);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        accept_all(listener, epoll);
      } else {
        echo(socket);
      }
    }
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "tcp_raw_epoll: %s\n", error.what());
  return 1;
}
