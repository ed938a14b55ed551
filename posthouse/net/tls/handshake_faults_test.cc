// Handshakes with hostile or broken peers, in pieces of every size, and with every step made to fail.
#include <random>

#include "tests/support/faults.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/tls/tls_state.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using ::testing::HasSubstr;

// Moves at most `size` octets at a time.
class Pieces final : public Transport {
 public:
  Pieces(std::unique_ptr<Transport> lower, std::size_t size) : lower_(std::move(lower)), size_(size) {}
  std::size_t read_some(std::span<char> into, Deadline deadline) override {
    return lower_->read_some(into.first(std::min(size_, into.size())), deadline);
  }
  std::size_t write_some(std::string_view octets, Deadline deadline) override {
    return lower_->write_some(octets.substr(0, size_), deadline);
  }
  void shutdown_write(Deadline deadline) override { lower_->shutdown_write(deadline); }
  void close() noexcept override { lower_->close(); }

 private:
  std::unique_ptr<Transport> lower_;
  std::size_t size_;
};

TlsContext server_of(int version) {
  const TlsContext context = server_context(authority().issue({.names = {"localhost"}}));
  SSL_CTX_set_max_proto_version(context.state().context.get(), version);
  return context;
}

TEST(HandshakeFaults, PiecesOfEverySize) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsContext server_context_ = server_of(version);
    const TlsContext client_context = new_client();  // the first handshake is full, the others are resumed
    run([&] {
      for (std::size_t size = 1; size < 1500; size += 1 + size / 8) {
        auto [client, server] = memory_pipe();
        client = Stream(std::make_unique<Pieces>(client.release(), size));
        server = Stream(std::make_unique<Pieces>(server.release(), size));
        const Handshake result =
            shake_hands(client, server, size % 2 == 0 ? client_context : new_client(), server_context_);
        ASSERT_TRUE(result.client.good()) << size << ": " << result.client.text;
        ASSERT_TRUE(result.server.good()) << size << ": " << result.server.text;
        server.write("welcome\n", 20s);
        EXPECT_EQ(client.read_line(100, 20s), "welcome");
      }
    });
  }
}

TEST(HandshakeFaults, EveryStepMadeToFail) {
  const auto session = [](test::FaultPlan& plan, bool at_server, const TlsContext& client_context,
                          const TlsContext& server_context_) {
    auto [client, server] = memory_pipe();
    (at_server ? server : client) = test::with_faults(std::move(at_server ? server : client), plan);
    const Handshake result = shake_hands(client, server, client_context, server_context_);
    EXPECT_FALSE(result.client.is(Errc::timeout)) << result.client.text;
    EXPECT_FALSE(result.server.is(Errc::timeout)) << result.server.text;
    EXPECT_EQ(client.is_open(), result.client.good());
    EXPECT_EQ(server.is_open(), result.server.good());
    if (!plan.fired()) {
      EXPECT_TRUE(result.client.good() && result.server.good());
    }
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsContext server_context_ = server_of(version);
    for (const bool at_server : {false, true}) {
      test::for_each_fault(
          [&](test::FaultPlan& plan) { run([&] { session(plan, at_server, new_client(), server_context_); }); });
    }
  }
}

// What a server says to a client that sends `octets` and no more.
Outcome told(const std::string& octets) {
  auto [client, server] = memory_pipe(1 << 20);
  client.write(octets);
  client.shutdown_write();
  return outcome_of([&, &stream = server] { stream.start_tls_server(good_server(), 20s); });
}

TEST(HandshakeFaults, Garbage) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string octets(1 + random() % 300, '\0');
    for (char& octet : octets) {
      octet = static_cast<char>(random());
    }
    if (i % 2 == 0) {
      octets.replace(0, std::min<std::size_t>(3, octets.size()), "\x16\x03\x01",
                     std::min<std::size_t>(3, octets.size()));
    }
    const Outcome outcome = told(octets);
    EXPECT_TRUE(outcome.is(Errc::tls) || outcome.is(Errc::closed)) << outcome.text;
  }
}

TEST(HandshakeFaults, AClientHelloLargerThanAny) {
  // A record that begins a ClientHello of 16 MiB.
  const std::string octets("\x16\x03\x01\x00\x08\x01\xff\xff\xff\x03\x03\x00\x00", 13);
  const Outcome outcome = told(octets);
  EXPECT_TRUE(outcome.is(Errc::tls));
  EXPECT_THAT(outcome.text, HasSubstr("excessive message size"));
}

TEST(HandshakeFaults, AChainLargerThanAny) {
  const auto files = authority().issue({.names = {"localhost"}});
  const TlsContext server = server_context(files);
  SSL_CTX* context = server.state().context.get();
  for (int i = 0; i < 400; ++i) {
    SSL_CTX_add1_chain_cert(context, SSL_CTX_get0_certificate(context));
  }
  auto [client_stream, server_stream] = memory_pipe(1 << 20);
  const Outcome outcome = shake_hands(client_stream, server_stream, good_client(), server).client;
  EXPECT_TRUE(outcome.is(Errc::tls));
  EXPECT_THAT(outcome.text, HasSubstr("excessive message size"));
}

TEST(HandshakeFaults, AResetInTheMiddle) {
  for (const bool in_fiber : {false, true}) {
    const auto test = [] {
      Listener listener = listen("127.0.0.1:0");
      Stream client = connect(listener.local_address(), 20s);
      Stream server = listener.accept(20s);
      client.write(std::string("\x16\x03\x01\x01\x00\x01", 6));  // the beginning of a ClientHello
      const linger none{1, 0};
      setsockopt(client.transport().native_handle(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
      client.close();
      const Outcome outcome = outcome_of([&] { server.start_tls_server(good_server(), 20s); });
      EXPECT_TRUE(outcome.is(Errc::reset)) << outcome.text;
      EXPECT_THAT(outcome.text, HasSubstr("TLS handshake"));
      EXPECT_FALSE(server.is_open());
    };
    in_fiber ? run(test) : test();
  }
}

TEST(HandshakeFaults, ATrickleEndsAtTheDeadline) {
  // One octet again and again keeps no handshake alive.
  run([] {
    auto [client, server] = memory_pipe();
    Outcome outcome;
    Scope scope;
    scope.spawn([&, &stream = server] { outcome = outcome_of([&] { stream.start_tls_server(good_server(), 30ms); }); });
    scope.spawn([&, &stream = client] {
      outcome_of([&] {
        stream.write(std::string("\x16\x03\x01\x20\x00\x01\x00\x1f\xfc", 9), 20s);
        for (;; sleep_for(2ms)) {
          stream.write("x", 20s);
        }
      });
    });
    scope.join();
    EXPECT_TRUE(outcome.is(Errc::timeout)) << outcome.text;
  });
}

}  // namespace
}  // namespace posthouse::net
