// Deliveries to one host go on with its TLS sessions, whatever the route asks for.
#include <atomic>

#include <gtest/gtest.h>

#include "posthouse/net/listener.h"
#include "posthouse/net/run.h"
#include "posthouse/net/scope.h"
#include "posthouse/queue/next_hop.h"
#include "posthouse/queue/testing.h"
#include "posthouse/smtp/memory_backend.h"
#include "posthouse/smtp/server.h"
#include "tests/support/authority.h"

namespace posthouse::queue {
namespace {

/// How many of four connections by such a route the next server knew again.
int resumed(RouteTls tls) {
  std::atomic<int> sessions = 0;
  net::run([&] {
    test::Authority authority;
    const auto files = authority.issue({.names = {"mx.two.test"}});
    smtp::MemoryBackend backend;
    smtp::ServerOptions server;
    server.tls = net::TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file});
    server.implicit_tls = tls == RouteTls::implicit;
    auto listener = net::listen("127.0.0.1:0");
    net::Scope scope;
    scope.spawn([&] {
      net::serve(listener, [&](net::Stream& stream) {
        smtp::serve_session(stream, server, backend);
        sessions += stream.tls()->resumed ? 1 : 0;
      });
    });
    testing::FakeResolver resolver;
    resolver.hosts["mx.two.test"] = {listener.local_address()};
    const Hop hop{.host = "mx.two.test", .port = listener.local_address().port(), .tls = tls,
                  .ca_file = authority.ca_file()};
    for (int i = 0; i < 4; ++i) connect_to({hop}, resolver, {}).client.quit();
    listener.close();
    scope.join();
  });
  return sessions;
}

TEST(Resumption, OnEveryKindOfRoute) {
  EXPECT_EQ(resumed(RouteTls::opportunistic), 3);
  EXPECT_EQ(resumed(RouteTls::starttls), 3);
  EXPECT_EQ(resumed(RouteTls::implicit), 3);
}

}  // namespace
}  // namespace posthouse::queue
