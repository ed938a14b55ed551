// The load for an echo server: many connections, one request under way on each, all in one epoll thread.
//   tcp_client PORT OCTETS CONNECTIONS SECONDS SERVER_PID
// Prints one JSON object. What counts is the server's CPU time per request (its process clock, in nanoseconds): it
// stays usable where other programs load the machine too, which the requests per second do not.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "tcp_socket.h"
#include <sys/epoll.h>
#include <unistd.h>

namespace {

using namespace tcp_bench;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds warm_up{300};

struct Connection {
  int socket = -1;
  std::size_t received = 0;  // of the answer under way
};

double cpu_seconds(int pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) fail("the server's CPU clock");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Load {
 public:
  Load(std::uint16_t port, std::size_t octets, std::size_t connections)
      : request_(octets, 'x'), connections_(connections), epoll_(epoll_create1(0)) {
    for (Connection& connection : connections_) open(connection, port);
  }

  /// Ping-pong on every connection until `end`; returns how many requests were answered.
  long run_until(Clock::time_point end) {
    long answered = 0;
    std::array<epoll_event, 256> events;
    while (Clock::now() < end) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5000);
      if (count == 0) throw std::runtime_error("the server has stopped answering");
      for (int i = 0; i < count; ++i) {
        auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (take_answer(connection)) {
          ++answered;
          ask(connection);
        }
      }
    }
    return answered;
  }

 private:
  void open(Connection& connection, std::uint16_t port) {
    connection.socket = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    if (connect(connection.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    send_at_once(connection.socket);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) fail("epoll_ctl");
    ask(connection);
  }

  void ask(const Connection& connection) {
    const auto size = static_cast<ssize_t>(request_.size());
    if (write(connection.socket, request_.data(), request_.size()) != size) fail("write");
  }

  // Whether the answer is whole.
  bool take_answer(Connection& connection) {
    static std::array<char, 64 * 1024> buffer;
    const ssize_t got = read(connection.socket, buffer.data(), buffer.size());
    if (got <= 0) fail("read");
    connection.received += static_cast<std::size_t>(got);
    if (connection.received < request_.size()) return false;
    connection.received = 0;
    return true;
  }

  std::string request_;
  std::vector<Connection> connections_;
  int epoll_;
};

void measure(char** words) {
  const auto port = static_cast<std::uint16_t>(std::strtoul(words[1], nullptr, 10));
  const auto octets = std::strtoul(words[2], nullptr, 10), connections = std::strtoul(words[3], nullptr, 10);
  const std::chrono::duration<double> seconds(std::strtod(words[4], nullptr));
  const int server = static_cast<int>(std::strtol(words[5], nullptr, 10));
  allow_many_files();
  Load load(port, octets, connections);
  load.run_until(Clock::now() + warm_up);
  const auto began = Clock::now();
  const double cpu = cpu_seconds(server);
  const auto requests =
      static_cast<double>(load.run_until(began + std::chrono::duration_cast<Clock::duration>(seconds)));
  const double used = cpu_seconds(server) - cpu;
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("{\"octets\":%lu,\"connections\":%lu,\"requests_per_s\":%.0f,\"server_cpu_us_per_request\":%.4f}\n",
              octets, connections, requests / took, used / requests * 1e6);
}

}  // namespace

int main(int count, char** words) try {
  if (count != 6) {
    std::fputs("usage: tcp_client PORT OCTETS CONNECTIONS SECONDS SERVER_PID\n", stderr);
    return 2;
  }
  measure(words);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "tcp_client: %s\n", error.what());
  return 1;
}
