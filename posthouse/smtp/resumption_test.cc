// Clients that know nothing of each other go on with each other's TLS sessions.
#include "tests/support/resumption.h"

#include <gtest/gtest.h>

#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/certificates.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace posthouse::smtp {
namespace {

/// How many of `count` clients, one after the other, the server knew again.
int resumed(int count, const ClientOptions& options) {
  MemoryBackend backend;
  ServerOptions server;
  server.tls = testing::server_tls();
  server.implicit_tls = options.tls == Tls::implicit;
  return test::resumed_sessions(
      count, [&](net::Stream& stream) { serve_session(stream, server, backend); },
      [&](const net::Address& address) { Client::connect(address, "mx.one.test", options).quit(); });
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
