// A certificate per name (SNI), several kinds of keys, and contexts replaced while listeners use them.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "posthouse/net/tls/bare_peer.h"
#include "posthouse/net/tls/live_tls_context.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using test::KeyKind;

test::IssuedCertificate issue(const std::vector<std::string>& names, const std::string& common_name,
                              KeyKind key = KeyKind::ec) {
  return authority().issue({.names = names, .common_name = common_name, .key = key});
}

TlsKeyPair pair_of(const test::IssuedCertificate& files) {
  return {files.cert_file, files.key_file};
}

// The common name of what a client is shown that asks for `name`.
std::string shown(const TlsContext& server, const std::string& name) {
  auto [client, peer] = tls_pair(TlsContext::client({.verify = false}), server, name);
  return client.tls()->peer_subject;
}

class ServerNames : public ::testing::Test {
 protected:
  const test::IssuedCertificate one_ = issue({"mail.one.test", "one.test"}, "one");
  const test::IssuedCertificate two_ = issue({"Mail.TWO.test"}, "two");
  const test::IssuedCertificate wild_ = issue({"*.three.test", "*.two.test"}, "wild");
  const TlsContext server_ = TlsContext::server(
      {.cert_file = one_.cert_file, .key_file = one_.key_file, .more_certificates = {pair_of(two_), pair_of(wild_)}});
};

TEST_F(ServerNames, EachNameIsShownItsCertificate) {
  EXPECT_EQ(shown(server_, "mail.one.test"), "CN=one");
  EXPECT_EQ(shown(server_, "one.test"), "CN=one");
  EXPECT_EQ(shown(server_, "mail.two.test"), "CN=two");
  EXPECT_EQ(shown(server_, "MAIL.two.TEST"), "CN=two");
  EXPECT_EQ(shown(server_, "imap.three.test"), "CN=wild");
  EXPECT_EQ(shown(server_, "imap.two.test"), "CN=wild");
}

TEST_F(ServerNames, OthersAreShownTheDefault) {
  for (const char* name : {"four.test", "three.test", "a.b.three.test", "localhost", "192.0.2.1", "", "x."}) {
    EXPECT_EQ(shown(server_, name), "CN=one") << name;
  }
}

TEST_F(ServerNames, AreVerified) {
  for (const char* name : {"mail.one.test", "mail.two.test", "imap.three.test"}) {
    auto [client, server] = tls_pair(good_client(), server_, name);
    EXPECT_TRUE(client.tls()->verified);
    EXPECT_EQ(server.tls()->server_name, name);
  }
}

TEST_F(ServerNames, TheRulesAreTheSameForAll) {
  const TlsContext strict = TlsContext::server({.cert_file = one_.cert_file,
                                                .key_file = one_.key_file,
                                                .more_certificates = {pair_of(two_)},
                                                .client_ca_file = authority().ca_file(),
                                                .require_client_certificate = true,
                                                .alpn = {"imap"}});
  auto [client_end, server_end] = memory_pipe();
  const Handshake refused = shake_hands(client_end, server_end, good_client(), strict, "mail.two.test");
  EXPECT_TRUE(refused.server.is(Errc::certificate)) << refused.server.text;

  const auto badge = authority().issue({.common_name = "alice"});
  const TlsContext alice = TlsContext::client(
      {.ca_file = authority().ca_file(), .alpn = {"imap"}, .cert_file = badge.cert_file, .key_file = badge.key_file});
  auto [client, server] = tls_pair(alice, strict, "mail.two.test");
  EXPECT_EQ(server.tls()->peer_subject, "CN=alice");
  EXPECT_TRUE(server.tls()->verified);
  EXPECT_EQ(client.tls()->alpn, "imap");
}

TEST_F(ServerNames, EveryPairMustBeComplete) {
  const auto make = [&](const TlsKeyPair& second) {
    return outcome_of([&] {
      TlsContext::server({.cert_file = one_.cert_file, .key_file = one_.key_file, .more_certificates = {second}});
    });
  };
  EXPECT_TRUE(make({two_.cert_file, ""}).is(Errc::invalid));
  const Outcome missing = make({"/no/cert.pem", two_.key_file});
  EXPECT_TRUE(missing.is(Errc::certificate));
  EXPECT_THAT(missing.text, ::testing::HasSubstr("/no/cert.pem"));
  EXPECT_TRUE(make({two_.cert_file, one_.key_file}).is(Errc::certificate));
}

// What a bare client of TLS 1.2 that can use `ciphers` only is shown. (Their names hold the kind of key.)
std::string shown_to(const TlsContext& server, const char* ciphers, const char* name) {
  const openssl::SslContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), ciphers);
  std::string subject;
  meet_bare(server, context.get(), [&](BareClient& client) {
    SSL_set_tlsext_host_name(client.ssl(), name);
    ASSERT_TRUE(client.handshake());
    subject = openssl::name_text(X509_get_subject_name(SSL_get0_peer_certificate(client.ssl())));
  });
  return subject;
}
constexpr const char* ecdsa = "ECDHE-ECDSA-AES128-GCM-SHA256";
constexpr const char* rsa_only = "ECDHE-RSA-AES128-GCM-SHA256";

TEST_F(ServerNames, TheKindOfKeyTheClientCanVerify) {
  const auto ec = issue({"both.test"}, "ec");
  const auto rsa = issue({"both.test"}, "rsa", KeyKind::rsa);
  const auto other = issue({"other.test"}, "other");
  const TlsContext server = TlsContext::server(
      {.cert_file = ec.cert_file, .key_file = ec.key_file, .more_certificates = {pair_of(other), pair_of(rsa)}});
  EXPECT_EQ(shown_to(server, ecdsa, "both.test"), "CN=ec");
  EXPECT_EQ(shown_to(server, rsa_only, "both.test"), "CN=rsa");
  EXPECT_EQ(shown_to(server, rsa_only, "unknown.test"), "CN=rsa");
  EXPECT_EQ(shown_to(server, ecdsa, "other.test"), "CN=other");
}

TEST_F(ServerNames, AWildcardGivesTheKindThatTheNameItselfLacks) {
  const auto exact = issue({"a.both.test"}, "exact");
  const auto rsa = issue({"*.both.test"}, "rsa", KeyKind::rsa);
  const auto ec = issue({"*.both.test"}, "ec");
  const TlsContext server = TlsContext::server(
      {.cert_file = ec.cert_file, .key_file = ec.key_file, .more_certificates = {pair_of(rsa), pair_of(exact)}});
  EXPECT_EQ(shown_to(server, ecdsa, "a.both.test"), "CN=exact");
  EXPECT_EQ(shown_to(server, rsa_only, "a.both.test"), "CN=rsa");
  EXPECT_EQ(shown_to(server, ecdsa, "b.both.test"), "CN=ec");
}

TEST(LiveTlsContext, NewConnectionsGetTheNewCertificate) {
  test::Authority directory;
  const auto before = directory.issue({.names = {"localhost"}, .common_name = "before"});
  const auto after = directory.issue({.names = {"localhost"}, .common_name = "after"});
  LiveTlsContext tls(server_context(before));
  auto [client, server] = tls_pair(TlsContext::client({.verify = false}), tls.current());
  tls.replace(server_context(after));
  EXPECT_EQ(shown(tls.current(), "localhost"), "CN=after");
  client.write("old\n");
  EXPECT_EQ(server.read_line(100, 20s), "old");
}

TEST(LiveTlsContext, WhatCannotBeReadChangesNothing) {
  test::Authority directory;
  const auto files = directory.issue({.names = {"localhost"}, .common_name = "good"});
  LiveTlsContext tls(server_context(files));
  directory.write_file("cert1.pem", "rubbish");
  EXPECT_TRUE(outcome_of([&] { tls.reload(); }).is(Errc::certificate));
  EXPECT_EQ(shown(tls.current(), "localhost"), "CN=good");
}

// For ThreadSanitizer above all.
TEST(LiveTlsContext, IsReplacedWhileOthersUseIt) {
  test::Authority directory;
  LiveTlsContext tls(server_context(directory.issue({.names = {"localhost"}})));
  std::atomic<bool> done{false};
  std::thread reloader([&] {
    while (!done) {
      tls.reload();
    }
  });
  std::vector<std::thread> users;
  for (int i = 0; i < 2; ++i) {
    users.emplace_back([&] {
      const TlsContext client_context = TlsContext::client({.ca_file = directory.ca_file()});
      for (int j = 0; j < 10; ++j) {
        auto [client, server] = tls_pair(client_context, tls.current());
        client.write("x\n");
        EXPECT_EQ(server.read_line(10, 20s), "x");
      }
    });
  }
  for (std::thread& user : users) {
    user.join();
  }
  done = true;
  reloader.join();
}

}  // namespace
}  // namespace posthouse::net
