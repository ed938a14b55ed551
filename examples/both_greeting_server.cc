// Greets by TCP and by UDP, on one port, at the same time; Ctrl+C ends it. Tutorial, chapter 2.
//
//     both_greeting_server [ADDRESS:PORT]     127.0.0.1:9999
#include <csignal>
#include <iostream>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/udp/udp.h"

using namespace posthouse;

namespace {

void greet_connection(net::Stream& stream) {
  stream.write("Welcome!");
  for (;;) {
    const auto name = stream.read_some(1024);
    if (name.empty() || name == "exit") break;
    stream.write("Hello, " + name + "!");
  }
}

void greet_datagrams(net::UdpSocket& socket) {
  for (;;) {
    const auto [name, peer] = socket.receive_from();
    socket.send_to("Hello, " + name + "!", peer);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  net::run([&] {
    auto listener = net::listen(argc > 1 ? argv[1] : "127.0.0.1:9999");
    auto socket = net::UdpSocket::bind(listener.local_address());
    net::Signals signals({SIGINT, SIGTERM});
    std::cout << "Waiting for connections and datagrams..." << std::endl;
    net::Scope scope;
    scope.spawn([&] { net::serve(listener, greet_connection); });
    scope.spawn([&] { greet_datagrams(socket); });
    signals.wait();
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
