// An echo server as a user of the library would write it; measured against tcp_raw_epoll. One loop, prints "port N".
#include <cstdio>

#include <sys/resource.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"

namespace net = posthouse::net;

namespace {

void echo(net::Stream& stream) {
  while (stream.fill()) {
    stream.write(stream.buffered());
    stream.consume(stream.buffered().size());
  }
}

}  // namespace

int main() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  net::run([] {
    auto listener = net::listen("127.0.0.1:0", {.backlog = 4096});
    std::printf("port %d\n", listener.local_address().port());
    std::fflush(stdout);
    net::serve(listener, echo);
  });
}
