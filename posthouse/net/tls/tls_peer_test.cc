#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using ::testing::HasSubstr;

// Peers that are not ours: a bare OpenSSL client, its octets carried by hand.

class BareClient {
 public:
  explicit BareClient(Stream stream, SSL_CTX* context) : stream_(std::move(stream)), ssl_(SSL_new(context)) {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;
  ~BareClient() { SSL_free(ssl_); }

  SSL* ssl() { return ssl_; }
  // Repeats `call` until it returns 1 or fails.
  bool drive(const std::function<int()>& call) {
    for (;;) {
      ERR_clear_error();
      const int result = call();
      const int error = SSL_get_error(ssl_, result);
      flush();
      if (result == 1) return true;
      if (error != SSL_ERROR_WANT_READ || !feed()) return false;
    }
  }
  bool handshake() {
    return drive([&] { return SSL_do_handshake(ssl_); });
  }
  std::string read() {
    char buffer[1000];
    std::size_t size = 0;
    return drive([&] { return SSL_read_ex(ssl_, buffer, sizeof buffer, &size); }) ? std::string(buffer, size) : "";
  }
  bool write(std::string_view text) {
    std::size_t size = 0;
    return drive([&] { return SSL_write_ex(ssl_, text.data(), text.size(), &size); });
  }

 private:
  void flush() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
    if (size > 0) outcome_of([&] { stream_.write({data, static_cast<std::size_t>(size)}, 20s); });
    BIO_reset(SSL_get_wbio(ssl_));
  }
  bool feed() {
    char buffer[4096];
    std::size_t size = 0;
    outcome_of([&] { size = stream_.read_some(buffer, 20s); });
    if (size > 0) BIO_write(SSL_get_rbio(ssl_), buffer, static_cast<int>(size));
    return size > 0;
  }

  Stream stream_;
  SSL* ssl_;
};

class BarePeer : public ::testing::Test {
 protected:
  ~BarePeer() override { SSL_CTX_free(context_); }

  // Runs `client` against a server that says back every line.
  Outcome meet(const std::function<void(BareClient&)>& client) {
    auto [mine, other] = memory_pipe();
    Outcome outcome;
    Scope scope;
    scope.spawn([&, &stream = other] {
      outcome = outcome_of([&] {
        stream.start_tls_server(good_server(), 20s);
        while (auto line = stream.read_line(1000, 20s)) stream.write(*line + "\n", 20s);
      });
      stream.close();
    });
    {
      BareClient bare(std::move(mine), context_);
      client(bare);
    }
    scope.join();
    return outcome;
  }

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
