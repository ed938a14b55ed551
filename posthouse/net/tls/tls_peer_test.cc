#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/tls/bare_peer.h"

namespace posthouse::net {
namespace {

using ::testing::HasSubstr;

class BarePeer : public ::testing::Test {
 protected:
  ~BarePeer() override { SSL_CTX_free(context_); }

  Outcome meet(const std::function<void(BareClient&)>& client) { return meet_bare(good_server(), context_, client); }

  SSL_CTX* context_ = SSL_CTX_new(TLS_client_method());
};

TEST_F(BarePeer, OldVersionsAreRefused) {
  SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context_, TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
  const Outcome outcome = meet([](BareClient& client) { EXPECT_FALSE(client.handshake()); });
  EXPECT_TRUE(outcome.is(Errc::tls));
  EXPECT_THAT(outcome.text, HasSubstr("unsupported protocol"));
}

TEST_F(BarePeer, Tls12IsTheFloor) {
  SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
  meet([](BareClient& client) {
    EXPECT_TRUE(client.handshake());
    EXPECT_TRUE(client.write("x\n"));
    EXPECT_EQ(client.read(), "x\n");
    EXPECT_STREQ(SSL_get_version(client.ssl()), "TLSv1.2");
  });
}

TEST_F(BarePeer, CiphersWithoutForwardSecrecyAreRefused) {
  SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context_, "AES128-GCM-SHA256:AES256-SHA:ECDHE-ECDSA-AES128-SHA");
  EXPECT_TRUE(meet([](BareClient& client) { EXPECT_FALSE(client.handshake()); }).is(Errc::tls));
}

TEST_F(BarePeer, RenegotiationIsRefused) {
  SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
  meet([](BareClient& client) {
    EXPECT_TRUE(client.handshake());
    EXPECT_EQ(SSL_renegotiate(client.ssl()), 1);
    EXPECT_FALSE(client.handshake() && client.write("again\n") && client.read() == "again\n");
  });
}

TEST_F(BarePeer, KeyUpdatesAreAnswered) {
  meet([](BareClient& client) {
    EXPECT_TRUE(client.handshake());
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
      EXPECT_TRUE(client.write("x\n"));
      EXPECT_EQ(client.read(), "x\n");
    }
  });
}

TEST_F(BarePeer, SessionsAreResumedByTicket) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(context_, version);
    SSL_SESSION* session = nullptr;
    meet([&](BareClient& client) {
      EXPECT_TRUE(client.handshake());
      EXPECT_TRUE(client.write("x\n"));
      EXPECT_EQ(client.read(), "x\n");  // the ticket has come with it
      SSL_shutdown(client.ssl());
      session = SSL_get1_session(client.ssl());
      EXPECT_EQ(SSL_session_reused(client.ssl()), 0);
    });
    meet([&](BareClient& client) {
      SSL_set_session(client.ssl(), session);
      EXPECT_TRUE(client.handshake());
      EXPECT_EQ(SSL_session_reused(client.ssl()), 1);
    });
    SSL_SESSION_free(session);
  }
}

}  // namespace
}  // namespace posthouse::net
