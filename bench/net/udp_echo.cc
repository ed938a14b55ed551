// A UDP echo server as a user of the library would write it; measured against udp_raw. One loop, prints "port N".
//
//     udp_echo single | batch
#include <array>
#include <cstdio>
#include <string_view>

#include "posthouse/net/fiber.h"
#include "posthouse/net/udp/udp.h"

namespace net = posthouse::net;

namespace {

void echo_single(net::UdpSocket& socket) {
  std::array<char, 2048> buffer;
  for (;;) {
    const net::Received got = socket.receive_from(buffer);
    socket.send_to({buffer.data(), got.size}, got.from);
  }
}

void echo_batches(net::UdpSocket& socket) {
  std::array<net::Datagram, 64> batch;
  for (;;) {
    socket.send_batch(socket.receive_batch(batch));
  }
}

}  // namespace

int main(int count, char** words) {
  const bool batches = count > 1 && std::string_view(words[1]) == "batch";
  net::run([&] {
    auto socket = net::UdpSocket::bind("127.0.0.1:0", {.receive_buffer = 4 << 20});
    std::printf("port %d\n", socket.local_address().port());
    std::fflush(stdout);
    if (batches) {
      echo_batches(socket);
    } else {
      echo_single(socket);
    }
  });
}
