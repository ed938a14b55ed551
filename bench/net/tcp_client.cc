// The loads for a TCP echo server: many connections, all in one epoll thread. Prints one JSON object. What counts is
// the server's CPU time per request (its process clock): it stays usable where other programs load the machine too,
// which the requests per second do not.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "measured.h"
#include "tcp_socket.h"
#include <sys/epoll.h>
#include <unistd.h>

namespace {

using namespace net_bench;
using Clock = std::chrono::steady_clock;

constexpr const char* usage = R"(usage: tcp_client COMMAND PORT SERVER_PID …
  echo PORT PID OCTETS CONNECTIONS WINDOW SECONDS   WINDOW requests under way on each connection
  accept PORT PID AT_ONCE SECONDS [reset]           connections of one request each, AT_ONCE at a time, closed or reset
  idle PORT PID CONNECTIONS                         the server's memory for each of many that echoed once
)";
constexpr std::chrono::milliseconds warm_up{300};
constexpr int stalled_after_ms = 20'000;

struct Connection {
  int socket = -1;
  std::size_t received = 0;  // of the answer under way
};

/// Ping-pong, or with a window many requests under way, on every connection.
class Echo {
 public:
  Echo(std::uint16_t port, std::size_t octets, std::size_t connections, std::size_t window)
      : octets_(octets), requests_(octets * window, 'x'), connections_(connections), epoll_(epoll_create1(0)) {
    std::size_t number = 0;
    for (Connection& connection : connections_) {
      open(connection, port, number++);
    }
    for (const Connection& connection : connections_) {
      ask(connection, window);
    }
  }

  /// Returns how many requests were answered.
  long run_until(Clock::time_point end) {
    long answered = 0;
    std::array<epoll_event, 256> events;
    while (Clock::now() < end) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), stalled_after_ms);
      if (count == 0) {
        throw std::runtime_error("the server has stopped answering");
      }
      for (int i = 0; i < count; ++i) {
        auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        const std::size_t answers = take_answers(connection);
        if (answers > 0) {
          ask(connection, answers);
        }
        answered += static_cast<long>(answers);
      }
    }
    return answered;
  }

 private:
  void open(Connection& connection, std::uint16_t port, std::size_t number) {
    connection.socket = dial(port, number);
    watch(epoll_, connection.socket, EPOLLIN, &connection);
  }

  // The next requests leave in one write, as those of a client that has them at hand do.
  void ask(const Connection& connection, std::size_t count) {
    const std::size_t size = octets_ * count;
    if (write(connection.socket, requests_.data(), size) != static_cast<ssize_t>(size)) {
      fail("write");
    }
  }

  // How many answers have become whole.
  std::size_t take_answers(Connection& connection) {
    static std::array<char, 64 * 1024> buffer;
    const ssize_t got = read(connection.socket, buffer.data(), buffer.size());
    if (got <= 0) {
      fail("read");
    }
    connection.received += static_cast<std::size_t>(got);
    const std::size_t answers = connection.received / octets_;
    connection.received %= octets_;
    return answers;
  }

  std::size_t octets_;
  std::string requests_;
  std::vector<Connection> connections_;
  int epoll_;
};

/// Connects, asks once, takes the answer and closes, again and again.
class Accept {
 public:
  Accept(std::uint16_t port, std::size_t at_once, bool reset) : port_(port), reset_(reset), epoll_(epoll_create1(0)) {
    for (std::size_t i = 0; i < at_once; ++i) {
      open();
    }
  }

  long run_until(Clock::time_point end) {
    long answered = 0;
    std::array<epoll_event, 256> events;
    while (Clock::now() < end) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), stalled_after_ms);
      if (count == 0) {
        throw std::runtime_error("the server has stopped answering");
      }
      for (int i = 0; i < count; ++i, ++answered) {
        close_after_answer(events[static_cast<std::size_t>(i)].data.fd);
        open();
      }
    }
    return answered;
  }

 private:
  void open() {
    const int socket = dial(port_, number_++);
    if (reset_) {
      reset_at_close(socket);
    }
    watch(epoll_, socket, EPOLLIN, nullptr);
    if (write(socket, request_.data(), request_.size()) != static_cast<ssize_t>(request_.size())) {
      fail("write");
    }
  }

  void close_after_answer(int socket) {
    std::array<char, 64> answer;
    if (read(socket, answer.data(), answer.size()) != static_cast<ssize_t>(request_.size())) {
      fail("read");
    }
    close(socket);
  }

  std::uint16_t port_;
  bool reset_;
  std::string request_ = std::string(64, 'x');
  int epoll_;
  std::size_t number_ = 0;
};

template <class Load>
void measure(Load& load, int server, double seconds) {
  load.run_until(Clock::now() + warm_up);
  const Measured measured(server);
  const auto length = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const auto requests = static_cast<double>(load.run_until(Clock::now() + length));
  std::printf("{%s}\n", to_json(measured.stop(), requests).c_str());
}

void measure_idle(std::uint16_t port, int server, std::size_t connections) {
  const double before = resident_kib(server);
  std::array<char, 64> octets{};
  std::vector<int> sockets;
  sockets.reserve(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    const int socket = dial(port, i);
    sockets.push_back(socket);
    give_up_reading_after(socket, stalled_after_ms);
    if (write(socket, octets.data(), octets.size()) != static_cast<ssize_t>(octets.size())) {
      fail("write");
    }
    if (read(socket, octets.data(), octets.size()) != static_cast<ssize_t>(octets.size())) {
      fail("read");
    }
  }
  const double with = resident_kib(server);
  std::printf("{\"connections\":%zu,\"resident_kib_before\":%.0f,\"resident_kib_per_connection\":%.3f}\n", connections,
              before, (with - before) / static_cast<double>(connections));
}

int run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t i) { return std::stoul(words.at(i)); };
  const auto port = static_cast<std::uint16_t>(number(1));
  const int server = static_cast<int>(number(2));
  allow_many_files();
  if (words[0] == "echo" && words.size() == 7) {
    Echo load(port, number(3), number(4), number(5));
    measure(load, server, std::stod(words[6]));
  } else if (words[0] == "accept" && (words.size() == 5 || words.at(5) == "reset")) {
    Accept load(port, number(3), words.size() == 6);
    measure(load, server, std::stod(words[4]));
  } else if (words[0] == "idle" && words.size() == 4) {
    measure_idle(port, server, number(3));
  } else {
    std::fputs(usage, stderr);
    return 2;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) try {
  if (count < 4) {
    std::fputs(usage, stderr);
    return 2;
  }
  return run({words + 1, words + count});
} catch (const std::exception& error) {
  std::fprintf(stderr, "tcp_client: %s\n", error.what());
  return 1;
}
