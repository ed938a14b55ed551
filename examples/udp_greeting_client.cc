// Has three people greeted by udp_greeting_server. Tutorial, chapter 2.
//
//     udp_greeting_client [ADDRESS:PORT]     127.0.0.1:9999
#include <iostream>

#include "posthouse/net/udp/udp.h"

using namespace posthouse;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  const auto server = net::Address::parse(argc > 1 ? argv[1] : "127.0.0.1:9999");
  auto socket = net::UdpSocket::open();
  for (const char* name : {"Michael", "Tracy", "Sarah"}) {
    socket.send_to(name, server);
    std::cout << socket.receive(5s) << '\n';
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
