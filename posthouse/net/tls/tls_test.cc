#include "posthouse/net/tls/tls.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/tls/certificate.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

test::IssuedCertificate issue(const test::CertificateRequest& request) {
  return authority().issue(request);
}

// What a client that trusts our authority says to a server with this certificate.
Handshake meet(const TlsContext& server, const std::string& name = "localhost",
               const TlsContext& client = good_client()) {
  auto [client_stream, server_stream] = memory_pipe();
  Handshake result = shake_hands(client_stream, server_stream, client, server, name);
  EXPECT_EQ(client_stream.is_open(), result.client.good());
  return result;
}

Outcome verdict(const test::CertificateRequest& request, const std::string& name = "localhost") {
  const Handshake result = meet(server_context(issue(request)), name);
  if (!result.client.good()) {
    EXPECT_FALSE(result.server.good());
  }
  return result.client;
}

void expect_good_conversation(Stream& client, Stream& server) {
  client.write("hello\r\n");
  EXPECT_EQ(server.read_line(100, 20s), "hello");
  server.write("welcome\r\n");
  EXPECT_EQ(client.read_line(100, 20s), "welcome");
  client.shutdown_write();
  EXPECT_EQ(server.read_line(100, 20s), std::nullopt);
  EXPECT_EQ(server.read_line(100, 20s), std::nullopt);
  server.write("still here\r\n");
  EXPECT_EQ(client.read_line(100, 20s), "still here");
}

// Handshake.

TEST(Tls, VerifiedHandshakeOverMemory) {
  const auto test = [] {
    auto [client, server] = tls_pair();
    const TlsInfo seen = client.tls().value();
    EXPECT_EQ(seen.version, "TLSv1.3");
    EXPECT_GE(seen.cipher_bits, 128);
    EXPECT_EQ(seen.peer_subject, "CN=mail.test");
    EXPECT_EQ(seen.peer_fingerprint.size(), 64U);
    EXPECT_TRUE(seen.verified);
    const TlsInfo served = server.tls().value();
    EXPECT_EQ(served.server_name, "localhost");
    EXPECT_EQ(served.cipher, seen.cipher);
    EXPECT_EQ(served.peer_subject, "");
    EXPECT_FALSE(served.verified);
    EXPECT_TRUE(client.is_tls());
    expect_good_conversation(client, server);
  };
  test();     // in threads
  run(test);  // in fibers
}

TEST(Tls, VerifiedHandshakeOverTcp) {
  const auto test = [] {
    Listener listener = listen("127.0.0.1:0");
    Stream client = connect(listener.local_address(), 20s);
    Stream server = listener.accept(20s);
    // The address is in the certificate; nothing is sent as server name.
    const Handshake result = shake_hands(client, server, good_client(), good_server(), "127.0.0.1");
    ASSERT_TRUE(result.client.good()) << result.client.text;
    ASSERT_TRUE(result.server.good()) << result.server.text;
    EXPECT_TRUE(client.tls()->verified);
    EXPECT_EQ(server.tls()->server_name, "");
    EXPECT_EQ(client.peer_address(), listener.local_address());
    EXPECT_GE(client.transport().native_handle(), 0);
    expect_good_conversation(client, server);
  };
  test();
  run(test);
}

TEST(Tls, NoTlsNoInfo) {
  auto [client, server] = memory_pipe();
  EXPECT_EQ(client.tls().has_value(), false);
  EXPECT_FALSE(client.is_tls());
  EXPECT_EQ(Stream().tls().has_value(), false);
}

TEST(Tls, NamesThatMatch) {
  for (const char* name : {"localhost", "LOCALHOST", "localhost.", "a.wild.test", "127.0.0.1", "::1", "[::1]"}) {
    EXPECT_EQ(meet(good_server(), name).client.text, "");
  }
}

TEST(Tls, NamesThatDoNotMatch) {
  for (const char* name : {"mail.test", "b.a.wild.test", "wild.test", "127.0.0.2", "::2", "2130706433"}) {
    const Outcome outcome = meet(good_server(), name).client;
    EXPECT_TRUE(outcome.is(Errc::certificate)) << name;
    EXPECT_THAT(outcome.text, AllOf(HasSubstr("is for localhost, *.wild.test, 127.0.0.1, ::1, not for "),
                                    HasSubstr(name), HasSubstr("CN=mail.test, issued by CN=Test CA")));
  }
}

TEST(Tls, NamesThatAreNone) {
  for (const std::string& name : {std::string(), std::string(".test"), std::string("a\0b", 3), std::string(300, 'a')}) {
    EXPECT_TRUE(meet(good_server(), name).client.is(Errc::invalid)) << name;
  }
}

TEST(Tls, TheCommonNameDoesNotCount) {
  const Outcome outcome = verdict({.common_name = "localhost"});
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("names no host"));
}

TEST(Tls, ExpiredCertificates) {
  const Outcome outcome = verdict({.names = {"localhost"}, .from_days = -10, .to_days = -2});
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("certificate expired on 20"));
}

TEST(Tls, CertificatesOfTheFuture) {
  const Outcome outcome = verdict({.names = {"localhost"}, .from_days = 2});
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("not valid before 20"));
}

class SelfSigned : public ::testing::Test {
 protected:
  SelfSigned() { make_self_signed(files_.cert_file, files_.key_file, {"localhost", "127.0.0.1"}); }
  test::Authority directory_;
  test::IssuedCertificate files_{directory_.write_file("cert.pem", ""), directory_.write_file("key.pem", "")};
};

TEST_F(SelfSigned, IsRefusedUnlessTrusted) {
  const Handshake refused = meet(server_context(files_));
  EXPECT_TRUE(refused.client.is(Errc::certificate));
  EXPECT_THAT(refused.client.text, AllOf(HasSubstr("self-signed"), HasSubstr("CN=localhost")));
  EXPECT_TRUE(refused.server.is(Errc::tls));
  EXPECT_THAT(refused.server.text, HasSubstr("alert"));
  const TlsContext trusting = TlsContext::client({.ca_file = files_.cert_file});
  EXPECT_EQ(meet(server_context(files_), "localhost", trusting).client.text, "");
  EXPECT_EQ(meet(server_context(files_), "127.0.0.1", trusting).client.text, "");
  EXPECT_THAT(meet(server_context(files_), "other", trusting).client.text, HasSubstr("not for other"));
}

TEST_F(SelfSigned, IsTakenWithoutVerification) {
  const TlsContext lenient = TlsContext::client({.verify = false});
  for (const char* name : {"localhost", "other.test", ""}) {
    auto [client, server] = tls_pair(lenient, server_context(files_), name);
    EXPECT_FALSE(client.tls()->verified);
    EXPECT_EQ(client.tls()->peer_subject, "CN=localhost");
    expect_good_conversation(client, server);
  }
}

TEST(Tls, UntrustedAuthorities) {
  test::Authority other("Other CA");
  const auto files = other.issue({.names = {"localhost"}});
  const Outcome outcome = meet(server_context(files)).client;
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("unknown issuer CN=Other CA"));

  // The system's authorities do not know it either.
  const Outcome system = meet(server_context(files), "localhost", TlsContext::client()).client;
  EXPECT_TRUE(system.is(Errc::certificate));
}

TEST(Tls, AServersOwnCertificateCanBeTrusted) {
  const auto files = issue({.names = {"localhost"}});
  const TlsContext trusting = TlsContext::client({.ca_file = files.cert_file});
  EXPECT_EQ(meet(server_context(files), "localhost", trusting).client.text, "");
  EXPECT_TRUE(meet(good_server(), "localhost", trusting).client.is(Errc::certificate));
}

TEST(Tls, IntermediateAuthorities) {
  test::Authority middle = authority().intermediate({.common_name = "Middle CA"});
  EXPECT_EQ(meet(server_context(middle.issue({.names = {"localhost"}}))).client.text, "");

  test::Authority stale = authority().intermediate({.common_name = "Stale CA", .from_days = -20, .to_days = -5});
  const Outcome outcome = meet(server_context(stale.issue({.names = {"localhost"}}))).client;
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("issuer's certificate CN=Stale CA expired on"));
}

TEST(Tls, ClientCertificates) {
  const auto files = issue({.names = {"localhost"}});
  const auto badge = issue({.common_name = "alice"});
  const TlsContext strict = TlsContext::server({.cert_file = files.cert_file,
                                                .key_file = files.key_file,
                                                .client_ca_file = authority().ca_file(),
                                                .require_client_certificate = true});
  const TlsContext alice =
      TlsContext::client({.ca_file = authority().ca_file(), .cert_file = badge.cert_file, .key_file = badge.key_file});
  auto [client, server] = tls_pair(alice, strict);
  EXPECT_EQ(server.tls()->peer_subject, "CN=alice");
  EXPECT_TRUE(server.tls()->verified);

  EXPECT_TRUE(meet(strict).server.is(Errc::certificate));

  test::Authority other("Other CA");
  const auto forged = other.issue({.common_name = "alice"});
  const TlsContext mallory = TlsContext::client(
      {.ca_file = authority().ca_file(), .cert_file = forged.cert_file, .key_file = forged.key_file});
  const Outcome outcome = meet(strict, "localhost", mallory).server;
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("client certificate refused"));

  const TlsContext polite = TlsContext::server(
      {.cert_file = files.cert_file, .key_file = files.key_file, .client_ca_file = authority().ca_file()});
  EXPECT_EQ(meet(polite).server.text, "");
}

TEST(Tls, ApplicationProtocols) {
  const auto files = issue({.names = {"localhost"}});
  const auto server = [&](const std::vector<std::string>& alpn) {
    return TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file, .alpn = alpn});
  };
  const auto client = [&](const std::vector<std::string>& alpn) {
    return TlsContext::client({.ca_file = authority().ca_file(), .alpn = alpn});
  };
  {
    auto [mine, peer] = tls_pair(client({"imap", "pop3"}), server({"pop3", "imap"}));
    EXPECT_EQ(mine.tls()->alpn, "pop3");
    EXPECT_EQ(peer.tls()->alpn, "pop3");
  }
  {
    auto [mine, peer] = tls_pair(client({"imap"}), server({}));
    EXPECT_EQ(mine.tls()->alpn, "");
  }
  EXPECT_THAT(meet(server({"pop3"}), "localhost", client({"http/1.1"})).client.text,
              HasSubstr("no application protocol"));
  EXPECT_THROW(client({""}), Error);
}

// Contexts.

TEST(TlsContext, ReloadTakesTheNewFiles) {
  test::Authority directory;
  const std::string cert_file = directory.write_file("c.pem", "");
  const std::string key_file = directory.write_file("k.pem", "");
  make_self_signed(cert_file, key_file, {"one.test"});
  TlsContext context = TlsContext::server({.cert_file = cert_file, .key_file = key_file});
  EXPECT_TRUE(context.is_server());
  auto [client, server] = tls_pair(TlsContext::client({.verify = false}), context);
  make_self_signed(cert_file, key_file, {"two.test"});
  context = context.reload();
  EXPECT_EQ(meet(context, "two.test", TlsContext::client({.ca_file = cert_file})).client.text, "");
  expect_good_conversation(client, server);  // made with the old one

  directory.write_file("c.pem", "rubbish");
  EXPECT_THROW(context.reload(), Error);
  EXPECT_EQ(meet(context, "x", TlsContext::client({.verify = false})).client.text, "");
}

TEST(TlsContext, SaysWhatIsWrongWithItsFiles) {
  test::Authority directory;
  const auto files = directory.issue({.names = {"a"}});
  const auto others = directory.issue({.names = {"b"}});
  const auto refusal = [](const TlsServerOptions& options) {
    const Outcome outcome = outcome_of([&] { TlsContext::server(options); });
    EXPECT_TRUE(outcome.is(Errc::certificate)) << outcome.text;
    return outcome.text;
  };
  EXPECT_THAT(refusal({.cert_file = "/no/cert.pem", .key_file = files.key_file}),
              AllOf(HasSubstr("/no/cert.pem"), HasSubstr("No such file")));
  EXPECT_THAT(refusal({.cert_file = files.cert_file, .key_file = "/no/key.pem"}), HasSubstr("/no/key.pem"));
  EXPECT_THAT(refusal({.cert_file = files.cert_file, .key_file = others.key_file}), HasSubstr("mismatch"));
  EXPECT_THAT(refusal({.cert_file = files.key_file, .key_file = files.key_file}), HasSubstr(files.key_file));
  EXPECT_THAT(refusal({.cert_file = files.cert_file, .key_file = files.key_file, .client_ca_file = "/no/ca.pem"}),
              HasSubstr("/no/ca.pem"));
  EXPECT_TRUE(outcome_of([] { TlsContext::server({}); }).is(Errc::invalid));
  EXPECT_TRUE(outcome_of([] { TlsContext::client({.cert_file = "x"}); }).is(Errc::invalid));
  EXPECT_TRUE(outcome_of([] { TlsContext::client({.ca_file = "/no/ca.pem"}); }).is(Errc::certificate));
}

TEST(TlsContext, AnEncryptedKeyFailsInsteadOfAsking) {
  test::Authority directory;
  const auto files = directory.issue({.names = {"a"}});
  const std::string key_file = directory.write_file(
      "locked.pem",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBGzBWBgkqhkiG9w0BBQ==\n-----END ENCRYPTED PRIVATE KEY-----\n");
  EXPECT_THROW(TlsContext::server({.cert_file = files.cert_file, .key_file = key_file}), Error);
}

TEST(TlsContext, IsForOneRole) {
  auto [client, server] = memory_pipe();
  EXPECT_TRUE(
      outcome_of([&, &stream = client] { stream.start_tls_client(good_server(), "localhost"); }).is(Errc::invalid));
  EXPECT_TRUE(outcome_of([&, &stream = server] { stream.start_tls_server(good_client()); }).is(Errc::invalid));
}

// Gathered writes --------------------------------------------------------------------------------------------------

TEST(Tls, GatheredWritesArriveInOrder) {
  auto [client, server] = tls_pair();
  const std::string large(200'000, 'x');  // many records
  std::vector<std::string> small(500);
  for (std::size_t i = 0; i < small.size(); ++i) {
    small[i] = std::to_string(i) + ',';
  }
  std::vector<std::string_view> pieces = {"", "a", large, "", "b"};
  pieces.insert(pieces.end(), small.begin(), small.end());
  std::string expected;
  for (const std::string_view piece : pieces) {
    expected += piece;
  }
  Scope scope;
  scope.spawn([&, &stream = client] {
    stream.writev(pieces, 20s);
    stream.writev({"", ""}, 20s);
    stream.writev({"the", "end"}, 20s);
    stream.flush(20s);
  });
  expected += "theend";
  std::string got(expected.size(), '\0');
  server.read_exactly(got, 20s);
  EXPECT_TRUE(got == expected);
  scope.join();
}

TEST(Tls, AGatheredWriteThatNobodyTakesExpires) {
  auto [client, server] = tls_pair();
  const std::string much(1 << 20, 'x');
  EXPECT_EQ(outcome_of([&, &stream = client] { stream.writev({much, much}, 20ms); }).kind,
            static_cast<int>(Errc::timeout));
}

}  // namespace
}  // namespace posthouse::net
