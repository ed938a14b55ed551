// The program docs/net.md begins with: it says every line back, to any number of clients.
#include "posthouse/net/net.h"

using namespace posthouse;

int main() {
  net::run([] {
    auto listener = net::listen("127.0.0.1:9999");
    net::serve(listener, [](net::Stream& stream) {  // a fiber for each connection
      while (auto line = stream.read_line()) stream.write(*line + "\n");
    });
  });
}
