// Passes connections on, each octet so much later than it came: a database that is not next door.
//
//   delay_relay SOCKET MICROSECONDS
//
// TCP connections to the port it prints ("ready 40001") go to the Unix socket. A round trip takes twice the delay longer. Ends
// by a signal.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Piece {
  Clock::time_point due;
  std::string octets;
};

/// What one side has sent the other.
struct Direction {
  int from;
  int to;
  std::deque<Piece> under_way{};
  bool ended = false;  // nothing more comes
};

struct Passage {
  Direction out;
  Direction back;
  bool broken = false;
};

void prepare(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

int connected(const sockaddr_un& address) {
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(made);
    return -1;
  }
  prepare(made);
  return made;
}

/// False when the connection is of no more use.
bool take_in(Direction& direction, Clock::duration delay) {
  static std::string buffer(256 * 1024, '\0');
  for (;;) {
    const ssize_t got = recv(direction.from, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      direction.under_way.push_back({Clock::now() + delay, buffer.substr(0, static_cast<std::size_t>(got))});
      continue;
    }
    direction.ended = got == 0;
    return got == 0 || errno == EAGAIN || errno == EINTR;
  }
}

/// Sends what is due. False as above.
bool pass_on(Direction& direction, Clock::time_point now) {
  while (!direction.under_way.empty() && direction.under_way.front().due <= now) {
    std::string& octets = direction.under_way.front().octets;
    const ssize_t sent = send(direction.to, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    octets.erase(0, static_cast<std::size_t>(sent));
    if (octets.empty()) {
      direction.under_way.pop_front();
    }
  }
  return !direction.ended || !direction.under_way.empty();
}

[[noreturn]] void relay(int listener, const sockaddr_un& target, Clock::duration delay) {
  std::list<Passage> passages;
  for (;;) {
    std::vector<pollfd> watched{{.fd = listener, .events = POLLIN, .revents = 0}};
    Clock::time_point next = Clock::now() + std::chrono::seconds(1);
    for (const Passage& passage : passages) {
      for (const Direction* direction : {&passage.out, &passage.back}) {
        watched.push_back({.fd = direction->from, .events = POLLIN, .revents = 0});
        if (!direction->under_way.empty()) {
          next = std::min(next, direction->under_way.front().due);
        }
      }
    }
    const auto pause = std::max<std::int64_t>(0, std::chrono::nanoseconds(next - Clock::now()).count());
    const timespec wait{.tv_sec = pause / 1'000'000'000, .tv_nsec = pause % 1'000'000'000};
    ppoll(watched.data(), watched.size(), &wait, nullptr);
    const auto now = Clock::now();
    for (Passage& passage : passages) {
      for (Direction* direction : {&passage.out, &passage.back}) {
        passage.broken = passage.broken || !take_in(*direction, delay) || !pass_on(*direction, now);
      }
    }
    std::erase_if(passages, [](const Passage& passage) {
      if (passage.broken) {
        close(passage.out.from);
        close(passage.out.to);
      }
      return passage.broken;
    });
    if (const int client = watched[0].revents != 0 ? accept4(listener, nullptr, nullptr, SOCK_CLOEXEC) : -1;
        client >= 0) {
      prepare(client);
      if (const int server = connected(target); server >= 0) {
        passages.push_back(
            {.out = Direction{.from = client, .to = server}, .back = Direction{.from = server, .to = client}});
      } else {
        close(client);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  sockaddr_un target{.sun_family = AF_UNIX, .sun_path = {}};
  if (argc != 3 || std::strlen(argv[1]) >= sizeof target.sun_path) {
    std::fputs("usage: delay_relay SOCKET MICROSECONDS\n", stderr);
    return 2;
  }
  std::strcpy(target.sun_path, argv[1]);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("delay_relay");
    return 1;
  }
  std::printf("ready %u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  relay(listener, target, std::chrono::microseconds(std::strtol(argv[2], nullptr, 10)));
}
