// Greets whoever sends a name by UDP. Tutorial, chapter 2.
//
//     udp_greeting_server [ADDRESS:PORT]     127.0.0.1:9999
#include <iostream>

#include "posthouse/net/udp/udp.h"

using namespace posthouse;

int main(int argc, char** argv) try {
  auto socket = net::UdpSocket::bind(argc > 1 ? argv[1] : "127.0.0.1:9999");
  std::cout << "Bind UDP on " << socket.local_address().port() << "..." << std::endl;
  for (;;) {
    const auto [name, peer] = socket.receive_from();
    std::cout << "Received from " << peer.to_string() << "." << std::endl;
    socket.send_to("Hello, " + name + "!", peer);
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
