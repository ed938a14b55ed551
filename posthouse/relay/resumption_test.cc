// Deliveries to one host go on with its TLS sessions, whatever the route asks for.
#include "tests/support/resumption.h"

#include "tests/support/authority.h"
#include <gtest/gtest.h>

#include "posthouse/relay/connection.h"
#include "posthouse/relay/testing.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::relay {
namespace {

/// How many of four connections by such a route the next server knew again.
int resumed(RouteTls tls) {
  test::Authority authority;
  const auto files = authority.issue({.names = {"mx.two.test"}});
  smtp::MemoryBackend backend;
  smtp::ServerOptions server;
  server.tls = net::TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file});
  server.implicit_tls = tls == RouteTls::implicit;
  return test::resumed_sessions(
      4, [&](net::Stream& stream) { smtp::serve_session(stream, server, backend); },
      [&](const net::Address& address) {
        testing::FakeResolver resolver;
        resolver.hosts["mx.two.test"] = {address};
        const Hop hop{.host = "mx.two.test", .port = address.port(), .tls = tls, .ca_file = authority.ca_file()};
        connect_to({&hop, 1}, resolver, {}, {}).client.quit();
      });
}

TEST(Resumption, OnEveryKindOfRoute) {
  EXPECT_EQ(resumed(RouteTls::opportunistic), 3);
  EXPECT_EQ(resumed(RouteTls::starttls), 3);
  EXPECT_EQ(resumed(RouteTls::implicit), 3);
}

}  // namespace
}  // namespace posthouse::relay
