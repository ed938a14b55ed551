// Has three people greeted by greeting_server. Tutorial, chapter 1.
//
//     greeting_client [HOST [PORT]]
#include <iostream>

#include "posthouse/net/stream/stream.h"

using namespace posthouse;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  const auto port = static_cast<std::uint16_t>(argc > 2 ? std::stoul(argv[2]) : 9999);
  auto stream = net::connect(argc > 1 ? argv[1] : "127.0.0.1", port, 10s);
  stream.set_timeout(10s);
  std::cout << stream.read_some(1024) << '\n';
  for (const char* name : {"Michael", "Tracy", "Sarah"}) {
    stream.write(name);
    std::cout << stream.read_some(1024) << '\n';
  }
  stream.write("exit");
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
