// Clients that know nothing of each other go on with each other's TLS sessions.
#include <atomic>

#include <gtest/gtest.h>

#include "posthouse/net/listener.h"
#include "posthouse/net/run.h"
#include "posthouse/net/scope.h"
#include "posthouse/pop3/client.h"
#include "posthouse/pop3/memory_backend.h"
#include "posthouse/pop3/server.h"
#include "posthouse/pop3/testing.h"

namespace posthouse::pop3 {
namespace {

/// How many of `count` clients, one after the other, the server knew again.
int resumed(int count, const ClientOptions& options) {
  std::atomic<int> sessions = 0;
  net::run([&] {
    MemoryBackend backend;
    ServerOptions server;
    server.tls = test_tls().server;
    server.implicit_tls = options.tls == Tls::implicit;
    auto listener = net::listen("127.0.0.1:0");
    net::Scope scope;
    scope.spawn([&] {
      net::serve(listener, [&](net::Stream& stream) {
        serve_session(stream, server, backend);
        sessions += stream.tls()->resumed ? 1 : 0;
      });
    });
    for (int i = 0; i < count; ++i) {
      Client client(net::connect(listener.local_address()), "localhost", options);
      client.quit();
    }
    listener.close();
    scope.join();
  });
  return sessions;
}

TEST(Resumption, ByOptionsAlone) {
  for (const Tls tls : {Tls::starttls, Tls::implicit}) {
    ClientOptions options;
    options.tls = tls;
    options.tls_options.verify = false;  // the file of the certificate is gone
    EXPECT_EQ(resumed(4, options), 3);
  }
}

}  // namespace
}  // namespace posthouse::pop3
