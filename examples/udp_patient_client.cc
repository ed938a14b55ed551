// Asks again when a datagram is lost, and gives up in the end. Tutorial, chapter 2.
//
//     udp_patient_client [HOST:PORT]     127.0.0.1:9999
#include <iostream>

#include "posthouse/net/error.h"
#include "posthouse/net/udp/udp.h"

using namespace posthouse;
using namespace std::chrono_literals;

namespace {

std::string ask(net::UdpSocket& socket, const char* name) {
  for (int attempt = 1;; ++attempt) {
    socket.send(name);
    try {
      return socket.receive(1s);
    } catch (const net::Error& error) {
      if (error.errc() != net::Errc::timeout || attempt == 3) throw;
      std::cout << name << " was not answered, asking again" << std::endl;
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  auto socket = net::UdpSocket::connect(argc > 1 ? argv[1] : "127.0.0.1:9999", 10s);
  for (const char* name : {"Michael", "Tracy", "Sarah"}) std::cout << ask(socket, name) << std::endl;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
