// What the raw UDP server and the UDP client share.
#pragma once
#include <array>
#include <cstddef>

#include "tcp_socket.h"

namespace net_bench {

constexpr std::size_t longest = 2048;
constexpr unsigned at_once = 64;

/// A socket with room for what a burst brings.
inline int udp_socket() {
  const int result = socket(AF_INET, SOCK_DGRAM, 0);
  if (result < 0) {
    fail("socket");
  }
  const int room = 4 << 20;
  setsockopt(result, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return result;
}

/// Memory for recvmmsg(2) and sendmmsg(2).
struct Messages {
  std::array<mmsghdr, at_once> headers{};
  std::array<iovec, at_once> memory{};
  std::array<sockaddr_in, at_once> peers{};
  std::array<std::array<char, longest>, at_once> octets{};
};

}  // namespace net_bench
