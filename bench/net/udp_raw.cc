// The least a UDP echo server can do: one thread that blocks in the kernel, a datagram or a batch at a time. It is what
// udp_echo, the same service on posthouse::net, is measured against. Prints "port N", then echoes until killed.
//
//     udp_raw single | batch
#include <cstdio>
#include <exception>
#include <string_view>

#include "udp_socket.h"

namespace {

using namespace net_bench;

int bind_anywhere() {
  const int result = udp_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(result, generic, size) != 0) {
    fail("bind");
  }
  getsockname(result, generic, &size);
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return result;
}

void echo_single(int socket) {
  std::array<char, longest> buffer;
  sockaddr_in peer{};
  auto* generic = reinterpret_cast<sockaddr*>(&peer);
  for (;;) {
    socklen_t size = sizeof peer;
    const ssize_t got = recvfrom(socket, buffer.data(), buffer.size(), 0, generic, &size);
    if (got >= 0) {
      sendto(socket, buffer.data(), static_cast<std::size_t>(got), 0, generic, size);
    }
  }
}

void echo_batches(int socket) {
  static Messages m;
  for (;;) {
    for (std::size_t i = 0; i < at_once; ++i) {
      m.memory[i] = {m.octets[i].data(), longest};
      m.headers[i].msg_hdr = {&m.peers[i], sizeof m.peers[i], &m.memory[i], 1, nullptr, 0, 0};
    }
    const int got = recvmmsg(socket, m.headers.data(), at_once, MSG_WAITFORONE, nullptr);
    for (int i = 0; i < got; ++i) {
      m.memory[static_cast<std::size_t>(i)].iov_len = m.headers[static_cast<std::size_t>(i)].msg_len;
    }
    for (int sent = 0; sent < got;) {
      const int more = sendmmsg(socket, m.headers.data() + sent, static_cast<unsigned>(got - sent), 0);
      if (more <= 0) {
        break;
      }
      sent += more;
    }
  }
}

}  // namespace

int main(int count, char** words) try {
  const int socket = bind_anywhere();
  if (count > 1 && std::string_view(words[1]) == "batch") {
    echo_batches(socket);
  }
  echo_single(socket);
} catch (const std::exception& error) {
  std::fprintf(stderr, "udp_raw: %s\n", error.what());
  return 1;
}
