// A server with two names, each with its certificate; SIGHUP has the files read again.
#include <csignal>
#include <iostream>

#include "posthouse/net/net.h"

using namespace posthouse;
using namespace std::chrono_literals;

namespace {

void serve_names(net::Listener& listener) {
  net::LiveTlsContext tls(net::TlsContext::server({.cert_file = "one.example.pem",
                                                   .key_file = "one.example.key",
                                                   .more_certificates = {{"two.example.pem", "two.example.key"}}}));
  net::Scope scope;
  scope.spawn([&] {
    net::Signals renewed({SIGHUP});
    while (renewed.wait() == SIGHUP) try {
        net::blocking([&] { tls.reload(); });  // open connections keep what they were started with
      } catch (const net::Error& error) {
        std::cerr << error.what() << '\n';  // nothing has changed
      }
  });
  net::serve(listener, [&](net::Stream& stream) {
    stream.start_tls_server(tls.current(), 10s);
    stream.write("welcome to " + stream.tls()->server_name + "\r\n");
  });
  scope.cancel();
}

}  // namespace

int main() {
  net::run([] {
    auto listener = net::listen("*:9999");
    serve_names(listener);
  });
}
