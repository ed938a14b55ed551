// Greets everybody who connects, all at the same time; Ctrl+C ends it. Tutorial, chapter 1.
//
//     greeting_server [ADDRESS:PORT]     127.0.0.1:9999; 0.0.0.0:9999 or [::]:9999 for all addresses
#include <csignal>
#include <iostream>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"

using namespace posthouse;
using namespace std::chrono_literals;

namespace {

void greet(net::Stream& stream) {
  const auto peer = stream.peer_address().to_string();
  std::cout << "Accept new connection from " << peer << "..." << std::endl;
  stream.write("Welcome!");
  for (;;) {
    const auto name = stream.read_some(1024);
    if (name.empty() || name == "exit") break;
    net::sleep_for(1s);
    stream.write("Hello, " + name + "!");
  }
  std::cout << "Connection from " << peer << " closed." << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
  net::run([&] {
    auto listener = net::listen(argc > 1 ? argv[1] : "127.0.0.1:9999");
    net::Signals signals({SIGINT, SIGTERM});
    std::cout << "Waiting for connection..." << std::endl;
    net::Scope scope;
    scope.spawn([&] { net::serve(listener, greet); });
    signals.wait();
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
