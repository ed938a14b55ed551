// Clients that know nothing of each other go on with each other's TLS sessions.
#include "tests/support/resumption.h"

#include "tests/support/localhost_tls.h"
#include <gtest/gtest.h>

#include "posthouse/pop3/client/client.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/testing/memory_backend.h"

namespace posthouse::pop3 {
namespace {

/// How many of `count` clients, one after the other, the server knew again.
int resumed(int count, const ClientOptions& options) {
  MemoryBackend backend;
  ServerOptions server;
  server.tls = test::localhost_tls().server;
  server.implicit_tls = options.tls == Tls::implicit;
  return test::resumed_sessions(
      count, [&](net::Stream& stream) { serve_session(stream, server, backend); },
      [&](const net::Address& address) { Client(net::connect(address), "localhost", options).quit(); });
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
