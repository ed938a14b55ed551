// Whom a client trusts, and what is told about whom: pins, TLSA records, names, versions, chains, channel bindings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/tls/bare_peer.h"
#include "posthouse/net/tls/certificate.h"
#include "posthouse/net/tls/tls_state.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Handshake meet(const TlsContext& client, const TlsContext& server, const std::string& name = "localhost") {
  auto [client_stream, server_stream] = memory_pipe();
  return shake_hands(client_stream, server_stream, client, server, name);
}

// A server nobody has a reason to trust: expired, for another name, of an unknown issuer.
class Pinned : public ::testing::Test {
 protected:
  Pinned() {
    auto [client, server] = tls_pair(TlsContext::client({.verify = false}), server_);
    shown_ = client.tls()->peer_chain.at(0);
  }
  test::Authority other_{"Other CA"};
  TlsContext server_ = server_context(
      other_.issue({.names = {"elsewhere.test"}, .common_name = "odd", .from_days = -10, .to_days = -2}));
  CertificateInfo shown_;
};

TEST_F(Pinned, ByCertificateOrByKey) {
  for (const std::string& pin : {shown_.fingerprint, shown_.key_fingerprint}) {
    const TlsContext client = TlsContext::client({.pins = {std::string(64, '0'), pin}});
    auto [mine, peer] = tls_pair(client, server_);
    EXPECT_TRUE(mine.tls()->verified);
  }
}

TEST_F(Pinned, WithColonsAndCapitals) {
  std::string pin;
  for (std::size_t i = 0; i < 64; i += 2) {
    if (i > 0) {
      pin += ':';
    }
    pin += static_cast<char>(std::toupper(shown_.fingerprint[i]));
    pin += static_cast<char>(std::toupper(shown_.fingerprint[i + 1]));
  }
  EXPECT_EQ(meet(TlsContext::client({.pins = {pin}}), server_).client.text, "");
}

TEST_F(Pinned, OthersAreRefusedWhateverTheirChain) {
  const TlsContext client = TlsContext::client({.ca_file = authority().ca_file(), .pins = {shown_.fingerprint}});
  const Outcome outcome = meet(client, good_server()).client;
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, AllOf(HasSubstr("pinned"), HasSubstr("SHA-256 of the certificate ")));
}

TEST_F(Pinned, NonsenseIsRefusedAtOnce) {
  for (const char* pin : {"", "ab", "zz", "SHA256:abcd"}) {
    EXPECT_TRUE(outcome_of([&] { TlsContext::client({.pins = {pin}}); }).is(Errc::invalid)) << pin;
  }
  EXPECT_TRUE(
      outcome_of([&] { TlsContext::client({.verify = false, .pins = {shown_.fingerprint}}); }).is(Errc::invalid));
}

std::string octets(const std::string& hexadecimal) {
  std::string result;
  for (std::size_t i = 0; i < hexadecimal.size(); i += 2) {
    result.push_back(static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16)));
  }
  return result;
}

TEST_F(Pinned, ByTlsaRecords) {
  const TlsaRecord key{.usage = 3, .selector = 1, .matching_type = 1, .data = octets(shown_.key_fingerprint)};
  EXPECT_EQ(meet(TlsContext::client({.tlsa = {key}}), server_).client.text, "");
  EXPECT_TRUE(meet(TlsContext::client({.tlsa = {key}}), good_server()).client.is(Errc::certificate));

  // One that cannot be used does not spoil the other; alone it is no basis for anything.
  const TlsaRecord unknown{.usage = 77, .selector = 1, .matching_type = 1, .data = key.data};
  const TlsaRecord cut{.usage = 3, .selector = 1, .matching_type = 1, .data = "short"};
  EXPECT_EQ(meet(TlsContext::client({.tlsa = {unknown, cut, key}}), server_).client.text, "");
  EXPECT_TRUE(outcome_of([&] { TlsContext::client({.tlsa = {unknown, cut}}); }).is(Errc::invalid));
}

TEST_F(Pinned, WhichRecordsAreOfUse) {
  const std::string digest(32, 'x');
  const TlsaRecord sha256{.usage = 3, .selector = 1, .matching_type = 1, .data = digest};
  const TlsaRecord sha512{.usage = 2, .selector = 0, .matching_type = 2, .data = digest + digest};
  const std::vector<TlsaRecord> garbage = {{77, 1, 1, digest}, {3, 9, 1, digest},          {3, 1, 9, digest},
                                           {3, 1, 1, "short"}, {3, 1, 0, "no public key"}, {3, 0, 0, ""}};
  EXPECT_THAT(usable_records(garbage), ::testing::IsEmpty());
  EXPECT_THAT(usable_records({garbage[0], sha256, garbage[4], sha512}), ElementsAre(sha256, sha512));
}

CertificateFault fault_of(const TlsContext& client, const TlsContext& server, const std::string& name) {
  auto pipe = memory_pipe();
  Scope scope;
  scope.spawn([&] { outcome_of([&] { pipe.second.start_tls_server(server, 20s); }); });
  try {
    pipe.first.start_tls_client(client, name, 20s);
    ADD_FAILURE() << "it was accepted";
  } catch (const CertificateError& error) {
    return error.fault();
  }
  return CertificateFault::other;
}

TEST(Trust, WhatWasWrongIsSaidToProgramsToo) {
  const auto shown = [](const test::CertificateRequest& request) { return server_context(authority().issue(request)); };
  EXPECT_EQ(fault_of(new_client(), good_server(), "other.test"), CertificateFault::name);
  EXPECT_EQ(fault_of(new_client(), shown({.names = {"old.test"}, .from_days = -9, .to_days = -2}), "old.test"),
            CertificateFault::expired);
  EXPECT_EQ(fault_of(new_client(), shown({.names = {"new.test"}, .from_days = 9, .to_days = 20}), "new.test"),
            CertificateFault::expired);
  test::Authority other("Nobody's CA");
  EXPECT_EQ(fault_of(new_client(), server_context(other.issue({.names = {"a.test"}})), "a.test"),
            CertificateFault::untrusted);
  EXPECT_EQ(fault_of(TlsContext::client({.pins = {std::string(64, '0')}}), good_server(), "localhost"),
            CertificateFault::no_match);
  EXPECT_EQ(fault_of(new_client(), shown({.names = {"c.test"}, .usage = "clientAuth"}), "c.test"),
            CertificateFault::other);
}

TEST(Dane, AnAuthorityByRecordCountsWithNameAndDates) {
  test::Authority private_ca("Private CA");
  // The chain must be sent whole for DANE-TA (RFC 7671 section 5.2), so the server sends its root too.
  const auto files = private_ca.issue({.names = {"mail.test"}});
  const auto root = [&] {
    const openssl::SslContext context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_chain_file(context.get(), private_ca.ca_file().c_str());
    return openssl::certificate_info(SSL_CTX_get0_certificate(context.get()));
  }();
  const TlsContext server = server_context(files);
  SSL_CTX_use_certificate_chain_file(server.state().context.get(), files.cert_file.c_str());
  {
    const openssl::SslContext context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_chain_file(context.get(), private_ca.ca_file().c_str());
    SSL_CTX_add1_chain_cert(server.state().context.get(), SSL_CTX_get0_certificate(context.get()));
  }
  const TlsaRecord record{.usage = 2, .selector = 0, .matching_type = 1, .data = octets(root.fingerprint)};
  const TlsContext client = TlsContext::client({.tlsa = {record}});
  EXPECT_EQ(meet(client, server, "mail.test").client.text, "");
  EXPECT_THAT(meet(client, server, "other.test").client.text, HasSubstr("not for other.test"));
  const TlsContext domain = TlsContext::client({.tlsa = {record}, .other_names = {"mail.test"}});
  EXPECT_EQ(meet(domain, server, "mx.test").client.text, "");
}

TEST(Trust, WithoutTheName) {
  const TlsContext client = TlsContext::client({.ca_file = authority().ca_file(), .verify_name = false});
  const TlsContext server = server_context(authority().issue({.common_name = "nameless"}));
  for (const char* name : {"localhost", "192.0.2.1", ""}) {
    EXPECT_EQ(meet(client, server, name).client.text, "");
  }
  const TlsContext expired = server_context(authority().issue({.from_days = -10, .to_days = -2}));
  EXPECT_THAT(meet(client, expired).client.text, HasSubstr("expired on"));
}

TEST(Trust, MinimumVersions) {
  const auto files = authority().issue({.names = {"localhost"}});
  const TlsContext modern =
      TlsContext::server({.cert_file = files.cert_file, .key_file = files.key_file, .min_version = TlsVersion::tls13});
  auto [client, server] = tls_pair(good_client(), modern);
  EXPECT_EQ(client.tls()->version, "TLSv1.3");

  const openssl::SslContext old(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  const Outcome outcome = meet_bare(modern, old.get(), [](BareClient& bare) { EXPECT_FALSE(bare.handshake()); });
  EXPECT_TRUE(outcome.is(Errc::tls));
  EXPECT_THAT(outcome.text, HasSubstr("the peer speaks other versions of TLS only"));

  const TlsContext old_server = server_context(files);
  SSL_CTX_set_max_proto_version(old_server.state().context.get(), TLS1_2_VERSION);
  const TlsContext picky = TlsContext::client({.ca_file = authority().ca_file(), .min_version = TlsVersion::tls13});
  const Handshake refused = meet(picky, old_server);
  EXPECT_TRUE(refused.client.is(Errc::tls)) << refused.client.text;
}

TEST(Trust, CertificatesForAnotherUse) {
  const TlsContext server = server_context(authority().issue({.names = {"localhost"}, .usage = "clientAuth"}));
  const Outcome outcome = meet(good_client(), server).client;
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("not meant for this use"));
}

TEST(Trust, WeakKeys) {
  const auto weak = authority().issue({.names = {"localhost"}, .key = test::KeyKind::weak_rsa});
  EXPECT_THAT(outcome_of([&] { server_context(weak); }).text, HasSubstr("key too small"));
  // A server that is less particular.
  const TlsContext server = server_context(authority().issue({.names = {"localhost"}}));
  SSL_CTX* context = server.state().context.get();
  SSL_CTX_set_security_level(context, 0);
  ASSERT_EQ(SSL_CTX_use_certificate_chain_file(context, weak.cert_file.c_str()), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey_file(context, weak.key_file.c_str(), SSL_FILETYPE_PEM), 1);
  SSL_CTX_set_cipher_list(context, "ECDHE-RSA-AES128-GCM-SHA256");
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  const Outcome outcome = meet(good_client(), server).client;
  EXPECT_TRUE(outcome.is(Errc::certificate));
  EXPECT_THAT(outcome.text, HasSubstr("a key that is too weak"));
}

TEST(Trust, ThePeersAlertInPlainWords) {
  const Handshake distrust = meet(TlsContext::client(), good_server());
  EXPECT_TRUE(distrust.server.is(Errc::tls));
  EXPECT_THAT(distrust.server.text, AllOf(HasSubstr("the peer ended it with the alert \"unknown CA\""),
                                          HasSubstr("it does not trust the issuer of our certificate")));

  const auto files = authority().issue({.names = {"localhost"}});
  const TlsContext strict = TlsContext::server({.cert_file = files.cert_file,
                                                .key_file = files.key_file,
                                                .client_ca_file = authority().ca_file(),
                                                .require_client_certificate = true});
  // With TLS 1.3 the client is through before the server has seen its (missing) certificate.
  auto [client, server] = memory_pipe();
  ASSERT_TRUE(shake_hands(client, server, good_client(), strict).client.good());
  const Outcome outcome = outcome_of([&, &stream = client] { stream.read_line(100, 20s); });
  EXPECT_TRUE(outcome.is(Errc::tls));
  EXPECT_THAT(outcome.text, HasSubstr("it wants a certificate of ours"));
}

TEST(Trust, TheChainIsTold) {
  test::Authority middle = authority().intermediate({.common_name = "Middle CA"});
  const TlsContext server =
      server_context(middle.issue({.names = {"localhost", "127.0.0.1", "::1"}, .common_name = "leaf"}));
  for (const bool verify : {true, false}) {
    const TlsContext client =
        verify ? TlsContext::client({.ca_file = authority().ca_file()}) : TlsContext::client({.verify = false});
    auto [mine, peer] = tls_pair(client, server);
    const std::vector<CertificateInfo> chain = mine.tls()->peer_chain;
    ASSERT_EQ(chain.size(), verify ? 3U : 2U);
    EXPECT_EQ(chain[0].subject, "CN=leaf");
    EXPECT_EQ(chain[0].issuer, "CN=Middle CA");
    EXPECT_THAT(chain[0].names, ElementsAre("localhost", "127.0.0.1", "::1"));
    EXPECT_EQ(chain[1].subject, "CN=Middle CA");
    EXPECT_EQ(chain[0].fingerprint, mine.tls()->peer_fingerprint);
    EXPECT_NE(chain[0].fingerprint, chain[0].key_fingerprint);
    const auto now = wall_now();
    EXPECT_TRUE(chain[0].not_before < now && now < chain[0].not_after);
  }
}

TEST(Trust, TheChainOfAClientIsTold) {
  test::Authority middle = authority().intermediate({.common_name = "Middle CA"});
  const auto badge = middle.issue({.common_name = "alice"});
  const auto files = authority().issue({.names = {"localhost"}});
  const TlsContext server = TlsContext::server(
      {.cert_file = files.cert_file, .key_file = files.key_file, .client_ca_file = authority().ca_file()});
  const TlsContext alice =
      TlsContext::client({.ca_file = authority().ca_file(), .cert_file = badge.cert_file, .key_file = badge.key_file});
  auto [client, peer] = tls_pair(alice, server);
  const std::vector<CertificateInfo> chain = peer.tls()->peer_chain;
  ASSERT_EQ(chain.size(), 3U);
  EXPECT_EQ(chain[0].subject, "CN=alice");
  EXPECT_EQ(chain[2].subject, "CN=Test CA");
}

// Channel bindings.

void expect_same(Stream& a, Stream& b, ChannelBinding kind, std::size_t size) {
  const auto one = a.channel_binding(kind);
  const auto other = b.channel_binding(kind);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->size(), size);
  EXPECT_EQ(one, other);
}

TEST(ChannelBinding, IsTheSameAtBothEndsAndNowhereElse) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsContext server_context_ = server_context(authority().issue({.names = {"localhost"}}));
    SSL_CTX_set_max_proto_version(server_context_.state().context.get(), version);
    auto [client, server] = tls_pair(good_client(), server_context_);
    expect_same(client, server, ChannelBinding::tls_exporter, 32);
    expect_same(client, server, ChannelBinding::tls_server_end_point, 32);
    EXPECT_EQ(*client.channel_binding(ChannelBinding::tls_server_end_point), octets(client.tls()->peer_fingerprint));
    auto [another, its_server] = tls_pair(good_client(), server_context_);
    EXPECT_NE(another.channel_binding(ChannelBinding::tls_exporter),
              client.channel_binding(ChannelBinding::tls_exporter));
  }
}

TEST(ChannelBinding, OfAResumedSession) {
  const TlsContext client_context = TlsContext::client({.ca_file = authority().ca_file()});
  for (int i = 0; i < 2; ++i) {
    auto [client, server] = tls_pair(client_context, good_server());
    server.write("x\n");
    EXPECT_EQ(client.read_line(10, 20s), "x");
    expect_same(client, server, ChannelBinding::tls_exporter, 32);
    EXPECT_EQ(server.tls()->resumed, i == 1);
    EXPECT_EQ(server.channel_binding(ChannelBinding::tls_server_end_point).has_value(), i == 0);
    EXPECT_TRUE(client.channel_binding(ChannelBinding::tls_server_end_point).has_value());
  }
}

TEST(ChannelBinding, WhereThereIsNone) {
  auto [client, server] = memory_pipe();
  EXPECT_FALSE(client.channel_binding(ChannelBinding::tls_exporter));
  EXPECT_FALSE(Stream().channel_binding(ChannelBinding::tls_server_end_point));

  const openssl::SslContext old(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(old.get(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
  auto [mine, other] = memory_pipe();
  Scope scope;
  scope.spawn([&, &stream = other] {
    stream.start_tls_server(good_server(), 20s);
    EXPECT_FALSE(stream.channel_binding(ChannelBinding::tls_exporter));
    EXPECT_TRUE(stream.channel_binding(ChannelBinding::tls_server_end_point));
  });
  BareClient bare(std::move(mine), old.get());
  EXPECT_TRUE(bare.handshake());
  scope.join();
}

}  // namespace
}  // namespace posthouse::net
