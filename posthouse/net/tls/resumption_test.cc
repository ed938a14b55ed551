// Sessions that go on: by tickets, in both versions of TLS, and only where they may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/tls/bare_peer.h"
#include "posthouse/net/tls/tls_state.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

// One connection with a line each way, so that the ticket has come. True when it was a resumed one, on both sides.
bool resumed(const TlsContext& client_context, const TlsContext& server_context,
             const std::string& name = "localhost") {
  auto [client, server] = tls_pair(client_context, server_context, name);
  client.write("x\n");
  EXPECT_EQ(server.read_line(10, 20s), "x");
  server.write("y\n");
  EXPECT_EQ(client.read_line(10, 20s), "y");
  EXPECT_EQ(client.tls()->resumed, server.tls()->resumed);
  EXPECT_EQ(client.tls()->verified, client_context.state().client.verify);
  return client.tls()->resumed;
}

TlsContext new_server(TlsServerOptions options = {}) {
  const auto files = authority().issue({.names = {"localhost", "other.test"}, .common_name = "mail.test"});
  options.cert_file = files.cert_file;
  options.key_file = files.key_file;
  return TlsContext::server(options);
}

TEST(Resumption, TheSecondConnectionGoesOnFromTheFirst) {
  const TlsContext client = new_client();
  const TlsContext server = new_server();
  EXPECT_FALSE(resumed(client, server));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(resumed(client, server));
  }
}

TEST(Resumption, KeepsWhatIsKnownAboutThePeer) {
  const TlsContext client = new_client();
  const TlsContext server = new_server();
  resumed(client, server);
  auto [stream, peer] = tls_pair(client, server);
  const TlsInfo info = stream.tls().value();
  EXPECT_TRUE(info.resumed);
  EXPECT_TRUE(info.verified);
  EXPECT_EQ(info.peer_subject, "CN=mail.test");
  EXPECT_EQ(info.peer_fingerprint.size(), 64U);
  EXPECT_EQ(peer.tls()->server_name, "localhost");
}

TEST(Resumption, NotForAnotherName) {
  const TlsContext client = new_client();
  const TlsContext server = new_server();
  resumed(client, server);
  EXPECT_FALSE(resumed(client, server, "other.test"));
  EXPECT_TRUE(resumed(client, server, "LOCALHOST"));
}

TEST(Resumption, NotForAnotherPort) {
  const TlsContext client = new_client();
  const TlsContext server = new_server();
  const auto over_tcp = [&](Listener& listener) {
    Stream stream = connect(listener.local_address(), 20s);
    Stream peer = listener.accept(20s);
    EXPECT_TRUE(shake_hands(stream, peer, client, server).client.good());
    peer.write("x\n");
    EXPECT_EQ(stream.read_line(10, 20s), "x");
    return stream.tls()->resumed;
  };
  Listener one = listen("127.0.0.1:0");
  Listener two = listen("127.0.0.1:0");
  EXPECT_FALSE(over_tcp(one));
  EXPECT_FALSE(over_tcp(two));
  EXPECT_TRUE(over_tcp(one));
}

TEST(Resumption, NotUnderOtherRules) {
  const TlsContext server = new_server();
  const TlsContext lenient = TlsContext::client({.verify = false});
  EXPECT_FALSE(resumed(lenient, server));
  EXPECT_TRUE(resumed(lenient, server));
  EXPECT_FALSE(resumed(new_client(), server));
}

TEST(Resumption, NotAtAnotherServer) {
  const TlsContext client = new_client();
  EXPECT_FALSE(resumed(client, new_server()));
  EXPECT_FALSE(resumed(client, new_server()));
}

TEST(Resumption, OutlivesAReloadOfTheServer) {
  const TlsContext client = new_client();
  const TlsContext server = new_server();
  EXPECT_FALSE(resumed(client, server));
  EXPECT_TRUE(resumed(client, server.reload()));
  EXPECT_FALSE(resumed(client.reload(), server));
}

TEST(Resumption, WithClientCertificatesNotBeyondAReload) {
  const TlsContext server = new_server({.client_ca_file = authority().ca_file(), .require_client_certificate = true});
  const auto badge = authority().issue({.common_name = "alice"});
  const TlsContext alice =
      TlsContext::client({.ca_file = authority().ca_file(), .cert_file = badge.cert_file, .key_file = badge.key_file});
  EXPECT_FALSE(resumed(alice, server));
  {
    auto [client, peer] = tls_pair(alice, server);
    EXPECT_TRUE(peer.tls()->resumed);
    EXPECT_TRUE(peer.tls()->verified);
    EXPECT_EQ(peer.tls()->peer_subject, "CN=alice");
    peer.write("x\n");  // with the next ticket
    EXPECT_EQ(client.read_line(10, 20s), "x");
  }
  EXPECT_FALSE(resumed(alice, server.reload()));
}

TEST(Resumption, Tls12) {
  // A server of ours that speaks no TLS 1.3, to see the client's side of it.
  const TlsContext server = new_server();
  SSL_CTX_set_max_proto_version(server.state().context.get(), TLS1_2_VERSION);
  const TlsContext client = new_client();
  EXPECT_FALSE(resumed(client, server));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(resumed(client, server));
  }
  auto [stream, peer] = tls_pair(client, server);
  EXPECT_EQ(stream.tls()->version, "TLSv1.2");
  EXPECT_EQ(stream.tls()->peer_subject, "CN=mail.test");
}

TEST(Resumption, AcrossTheNamesOfOneServer) {
  const auto one = authority().issue({.names = {"localhost"}, .common_name = "one"});
  const auto two = authority().issue({.names = {"other.test"}, .common_name = "two"});
  const TlsContext server = TlsContext::server(
      {.cert_file = one.cert_file, .key_file = one.key_file, .more_certificates = {{two.cert_file, two.key_file}}});
  const TlsContext client = new_client();
  for (const char* name : {"localhost", "other.test"}) {
    EXPECT_FALSE(resumed(client, server, name));
  }
  for (const char* name : {"localhost", "other.test"}) {
    EXPECT_TRUE(resumed(client, server, name));
  }
}

// The cache of a client.

openssl::Session session(long age = 0) {
  // A session that can be resumed comes out of a handshake only; so one is made and its age changed.
  openssl::Session made;
  const openssl::SslContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  meet_bare(good_server(), context.get(), [&](BareClient& client) {
    EXPECT_TRUE(client.handshake());
    made.reset(SSL_get1_session(client.ssl()));
    SSL_shutdown(client.ssl());
  });
  SSL_SESSION_set_time(made.get(), SSL_SESSION_get_time(made.get()) - age);
  return made;
}

TEST(SessionCache, GivesEachSessionOnceTheNewestFirst) {
  SessionCache cache;
  openssl::Session first = session();
  openssl::Session second = session();
  const SSL_SESSION* raw[] = {first.get(), second.get()};
  cache.put("a", std::move(first));
  cache.put("a", std::move(second));
  EXPECT_EQ(cache.take("b"), nullptr);
  EXPECT_EQ(cache.take("a").get(), raw[1]);
  EXPECT_EQ(cache.take("a").get(), raw[0]);
  EXPECT_EQ(cache.take("a"), nullptr);
}

TEST(SessionCache, ForgetsWhatIsTooOld) {
  SessionCache cache;
  cache.put("a", session(3 * 3600));
  EXPECT_EQ(cache.take("a"), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  cache.put("a", session(3600));
  EXPECT_NE(cache.take("a"), nullptr);
}

TEST(SessionCache, IsBounded) {
  SessionCache cache;
  const openssl::Session one = session();
  const auto put = [&](const std::string& peer) {
    SSL_SESSION_up_ref(one.get());
    cache.put(peer, openssl::Session(one.get()));
  };
  for (int i = 0; i < 10; ++i) {
    put("a");
  }
  EXPECT_EQ(cache.size(), SessionCache::most_per_peer);
  for (std::size_t i = 0; i < 2 * SessionCache::most; ++i) {
    put("peer" + std::to_string(i));
  }
  EXPECT_EQ(cache.size(), SessionCache::most);
  EXPECT_EQ(cache.take("a"), nullptr);
  EXPECT_NE(cache.take("peer" + std::to_string(2 * SessionCache::most - 1)), nullptr);
}

// The keys of a server's tickets.

TEST(TicketKeys, AreChangedAndForgotten) {
  TicketKeys keys;
  const TimePoint start = now();
  const TicketKeys::Key first = keys.newest(start);
  EXPECT_EQ(keys.newest(start + TicketKeys::rotation / 2).name, first.name);
  const TicketKeys::Key second = keys.newest(start + TicketKeys::rotation);
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  EXPECT_NE(second.mac, first.mac);
  EXPECT_EQ(keys.find(first.name, start + TicketKeys::rotation)->cipher, first.cipher);
  const TimePoint end = start + TicketKeys::rotation + TicketKeys::lifetime;
  EXPECT_TRUE(keys.find(first.name, end));
  EXPECT_FALSE(keys.find(first.name, end + 1s));
  EXPECT_TRUE(keys.find(second.name, end + 1s));
  EXPECT_FALSE(keys.find(TicketKeys::Name{}, start));
}

}  // namespace
}  // namespace posthouse::net
