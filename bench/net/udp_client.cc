// The load for a UDP echo server: WINDOW datagrams of OCTETS under way, from one socket. Prints one JSON object. What
// counts is the server's CPU time per datagram (its process clock).
//
//     udp_client PORT SERVER_PID OCTETS WINDOW SECONDS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "measured.h"
#include "udp_socket.h"
#include <poll.h>

namespace {

using namespace net_bench;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds warm_up{200};
constexpr int lost_after_ms = 200;

class Echo {
 public:
  Echo(std::uint16_t port, std::size_t octets, int window) : window_(window), socket_(udp_socket()) {
    const sockaddr_in server = loopback(port);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
      fail("connect");
    }
    for (std::size_t i = 0; i < at_once; ++i) {
      questions_.memory[i] = {questions_.octets[i].data(), octets};
      answers_.memory[i] = {answers_.octets[i].data(), longest};
      for (Messages* messages : {&questions_, &answers_}) {
        messages->headers[i].msg_hdr.msg_iov = &messages->memory[i];
        messages->headers[i].msg_hdr.msg_iovlen = 1;
      }
    }
    ask(window);
  }

  /// Returns how many datagrams came back.
  long run_until(Clock::time_point end) {
    long answered = 0;
    while (Clock::now() < end) {
      const int got = recvmmsg(socket_, answers_.headers.data(), at_once, MSG_DONTWAIT, nullptr);
      if (got > 0) {
        answered += got;
        ask(got);
      } else if (pollfd wait{socket_, POLLIN, 0}; poll(&wait, 1, lost_after_ms) == 0) {
        lost_ += window_;
        ask(window_);
      }
    }
    return answered;
  }
  long lost() const { return lost_; }

 private:
  void ask(int count) {
    while (count > 0) {
      const int sent = sendmmsg(socket_, questions_.headers.data(), std::min(static_cast<unsigned>(count), at_once), 0);
      if (sent <= 0) {
        fail("sendmmsg");
      }
      count -= sent;
    }
  }

  int window_;
  int socket_;
  long lost_ = 0;
  Messages questions_;
  Messages answers_;
};

}  // namespace

int main(int count, char** words) try {
  if (count != 6) {
    std::fputs("usage: udp_client PORT SERVER_PID OCTETS WINDOW SECONDS\n", stderr);
    return 2;
  }
  const auto octets = std::min<std::size_t>(std::stoul(words[3]), longest);
  static Echo load(static_cast<std::uint16_t>(std::stoul(words[1])), octets, std::stoi(words[4]));
  load.run_until(Clock::now() + warm_up);
  const Measured measured(std::stoi(words[2]));
  const std::chrono::duration<double> seconds(std::stod(words[5]));
  const long answered = load.run_until(Clock::now() + std::chrono::duration_cast<Clock::duration>(seconds));
  std::printf("{%s,\"lost\":%ld}\n", to_json(measured.stop(), static_cast<double>(answered)).c_str(), load.lost());
} catch (const std::exception& error) {
  std::fprintf(stderr, "udp_client: %s\n", error.what());
  return 1;
}
