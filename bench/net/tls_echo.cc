// A TLS server as a user of the library would write it; measured against tls_raw_openssl, whose dialogue it has: the
// client's first octet says what it wants. One loop, prints "port N".
#include <cstdio>
#include <string>

#include <sys/resource.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"

namespace net = posthouse::net;

namespace {

// 'd': blocks of 16 KiB until the client breaks off. 'u': takes what comes. All else: sends it back.
void serve_one(net::Stream& stream) {
  static const std::string block(16 * 1024, 'x');
  char buffer[16 * 1024];
  std::size_t got = stream.read_some({buffer, 1});
  if (got == 1 && buffer[0] == 'd') {
    for (;;) {
      stream.write(block);
    }
  }
  const bool answer = buffer[0] != 'u';
  for (; got > 0; got = stream.read_some(buffer)) {
    if (answer) {
      stream.write({buffer, got});
    }
    if (answer) {
      stream.wait_readable();  // an idle connection holds no buffer
    }
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: tls_server CERT_FILE KEY_FILE\n", stderr);
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  net::run([&] {
    const auto tls = net::TlsContext::server({.cert_file = words[1], .key_file = words[2]});
    auto listener = net::listen("127.0.0.1:0", {.backlog = 4096});
    std::printf("port %d\n", listener.local_address().port());
    std::fflush(stdout);
    net::serve(listener, [&](net::Stream& stream) {
      stream.start_tls_server(tls);
      serve_one(stream);
    });
  });
}
