// Clients that know nothing of each other go on with each other's TLS sessions.
#include <atomic>

#include <gtest/gtest.h>

#include "posthouse/net/listener.h"
#include "posthouse/net/run.h"
#include "posthouse/net/scope.h"
#include "posthouse/smtp/client.h"
#include "posthouse/smtp/memory_backend.h"
#include "posthouse/smtp/server.h"
#include "posthouse/smtp/testing.h"

namespace posthouse::smtp {
namespace {

using namespace std::chrono_literals;

/// How many of `count` clients, one after the other, the server knew again.
int resumed(int count, const ClientOptions& options) {
  std::atomic<int> sessions = 0;
  net::run([&] {
    MemoryBackend backend;
    ServerOptions server;
    server.tls = testing::server_tls();
    server.implicit_tls = options.tls == Tls::implicit;
    auto listener = net::listen("127.0.0.1:0");
    net::Scope scope;
    scope.spawn([&] {
      net::serve(listener, [&](net::Stream& stream) {
        serve_session(stream, server, backend);
        sessions += stream.tls()->resumed ? 1 : 0;
      });
    });
    for (int i = 0; i < count; ++i) Client::connect(listener.local_address(), "mx.one.test", options).quit();
    listener.close();
    scope.join();
  });
  return sessions;
}

TEST(Resumption, ByOptionsAlone) {
  for (const Tls tls : {Tls::starttls, Tls::implicit}) {
    ClientOptions options;
    options.tls = tls;
    options.tls_options.ca_file = testing::certificate_file();
    EXPECT_EQ(resumed(4, options), 3);
  }
}

TEST(Resumption, OfOpportunisticClients) {
  ClientOptions options;
  options.opportunistic = true;
  EXPECT_EQ(resumed(4, options), 3);
}

}  // namespace
}  // namespace posthouse::smtp
