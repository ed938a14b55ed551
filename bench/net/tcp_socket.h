// What the raw servers and the load clients share; all are independent of posthouse::net.
#pragma once
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace net_bench {

[[noreturn]] inline void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

inline void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// 127.0.0.1, or the loopback address `number` above it.
inline sockaddr_in loopback(std::uint16_t port, std::uint32_t number = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number);
  return address;
}

inline void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline void reset_at_close(int socket) {
  const linger none{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

inline void give_up_reading_after(int socket, int milliseconds) {
  const timeval limit{milliseconds / 1000, milliseconds % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

inline void watch(int epoll, int socket, std::uint32_t what, void* pointer) {
  epoll_event event{};
  event.events = what;
  if (pointer == nullptr) {
    event.data.fd = socket;
  } else {
    event.data.ptr = pointer;
  }
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
    fail("epoll_ctl");
  }
}

/// Connects to the server on this machine. An address has ports for some 28,000 connections to one server, so they come
/// from another loopback address for every 20,000 of `number`.
inline int dial(std::uint16_t port, std::size_t number) {
  const int result = socket(AF_INET, SOCK_STREAM, 0);
  if (result < 0) {
    fail("socket");
  }
  const int on = 1;
  setsockopt(result, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in from = loopback(0, static_cast<std::uint32_t>(number / 20'000 % 100)), to = loopback(port);
  if (bind(result, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
    fail("bind");
  }
  if (connect(result, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fail("connect");
  }
  send_at_once(result);
  return result;
}

}  // namespace net_bench
