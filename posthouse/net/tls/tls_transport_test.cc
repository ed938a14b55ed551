// What happens on a connection once TLS is there, or while it comes about.
#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "tests/support/faults.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/tls/tls_testing.h"

namespace posthouse::net {
namespace {

using ::testing::HasSubstr;

// In threads and in fibers.
void both_ways(const std::function<void()>& test) {
  test();
  run(test);
}

// Moves one octet at a time.
class Dribble final : public Transport {
 public:
  explicit Dribble(std::unique_ptr<Transport> lower) : lower_(std::move(lower)) {}
  std::size_t read_some(std::span<char> into, Deadline deadline) override {
    return lower_->read_some(into.first(1), deadline);
  }
  std::size_t write_some(std::string_view octets, Deadline deadline) override {
    return lower_->write_some(octets.substr(0, 1), deadline);
  }
  void shutdown_write(Deadline deadline) override { lower_->shutdown_write(deadline); }
  void close() noexcept override { lower_->close(); }

 private:
  std::unique_ptr<Transport> lower_;
};

// Lets the test cut the connection below TLS.
class Cuttable final : public Transport {
 public:
  Cuttable(std::unique_ptr<Transport> lower, Transport*& handle) : lower_(std::move(lower)) { handle = lower_.get(); }
  std::size_t read_some(std::span<char> into, Deadline deadline) override { return lower_->read_some(into, deadline); }
  std::size_t write_some(std::string_view octets, Deadline deadline) override {
    return lower_->write_some(octets, deadline);
  }
  void shutdown_write(Deadline deadline) override { lower_->shutdown_write(deadline); }
  void close() noexcept override { lower_->close(); }

 private:
  std::unique_ptr<Transport> lower_;
};

std::string pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (char& c : text) {
    c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  }
  return text;
}

// Each end sends `size` octets while it reads what the other sends.
void exchange(Stream& a, Stream& b, std::size_t size) {
  const std::string from_a = pattern(size, 1);
  const std::string from_b = pattern(size, 2);
  std::string at_a(size, '\0');
  std::string at_b(size, '\0');
  Scope scope;
  scope.spawn([&] { a.write(from_a, 60s); });
  scope.spawn([&] { b.write(from_b, 60s); });
  scope.spawn([&] { a.read_exactly(at_a, 60s); });
  scope.spawn([&] { b.read_exactly(at_b, 60s); });
  scope.join();
  EXPECT_TRUE(at_a == from_b);
  EXPECT_TRUE(at_b == from_a);
}

TEST(TlsTransport, AMegabyteBothWaysAtOnce) {
  both_ways([] {
    auto [client, server] = tls_pair();
    exchange(client, server, 1'000'000);
  });
}

TEST(TlsTransport, AMegabyteBothWaysAtOnceOverTcp) {
  both_ways([] {
    Listener listener = listen("127.0.0.1:0");
    Stream client = connect(listener.local_address(), 20s);
    Stream server = listener.accept(20s);
    ASSERT_EQ(shake_hands(client, server, good_client(), good_server()).client.text, "");
    exchange(client, server, 1'000'000);
  });
}

TEST(TlsTransport, OctetByOctetBelow) {
  both_ways([] {
    auto [client, server] = memory_pipe(1);
    client = Stream(std::make_unique<Dribble>(client.release()));
    server = Stream(std::make_unique<Dribble>(server.release()));
    ASSERT_EQ(shake_hands(client, server, good_client(), good_server()).client.text, "");
    exchange(client, server, 10'000);
  });
}

TEST(TlsTransport, ManyFibersOnOneLoop) {
  run([] {
    constexpr int count = 300;
    Listener listener = listen("127.0.0.1:0");
    int served = 0;
    int answered = 0;
    Scope servers;
    servers.spawn([&] {
      serve(listener, [&](Stream& stream) {
        stream.start_tls_server(good_server(), 60s);
        while (auto line = stream.read_line(1000, 60s)) {
          stream.write(*line + "\r\n", 60s);
        }
        ++served;
      });
    });
    Scope clients;
    for (int i = 0; i < count; ++i) {
      clients.spawn([&, i] {
        Stream stream = connect(listener.local_address(), 60s);
        stream.start_tls_client(good_client(), "localhost", 60s);
        for (int j = 0; j < 5; ++j) {
          const std::string line = std::to_string(i) + "." + std::to_string(j) + std::string(500, 'x');
          stream.write(line + "\r\n", 60s);
          EXPECT_EQ(stream.read_line(1000, 60s), line);
        }
        stream.shutdown_write(60s);
        EXPECT_EQ(stream.read_line(1000, 60s), std::nullopt);
        ++answered;
      });
    }
    clients.join();
    listener.close();
    servers.join();
    EXPECT_EQ(answered, count);
    EXPECT_EQ(served, count);
  });
}

// Ends.

TEST(TlsTransport, CloseNotifyIsACleanEnd) {
  both_ways([] {
    auto [client, server] = tls_pair();
    client.write("last words");
    client.close();
    EXPECT_EQ(server.read_all(100, 20s), "last words");
    char buffer[10];
    EXPECT_EQ(server.read_some(buffer, 20s), 0U);
  });
}

TEST(TlsTransport, AnEndWithoutCloseNotifyIsAnError) {
  both_ways([] {
    auto [client, server] = memory_pipe();
    Transport* below = nullptr;
    client = Stream(std::make_unique<Cuttable>(client.release(), below));
    ASSERT_EQ(shake_hands(client, server, good_client(), good_server()).client.text, "");
    client.write("last wor");
    below->close();
    char buffer[100];
    EXPECT_EQ(server.read_some(buffer, 20s), 8U);
    for (int i = 0; i < 2; ++i) {
      const Outcome outcome = outcome_of([&, &stream = server] { stream.read_some(buffer, 20s); });
      EXPECT_TRUE(outcome.is(Errc::closed)) << outcome.text;
      EXPECT_THAT(outcome.text, HasSubstr("close_notify"));
    }
  });
}

TEST(TlsTransport, NothingIsSentBehindTheEnd) {
  auto [client, server] = tls_pair();
  client.shutdown_write();
  EXPECT_TRUE(outcome_of([&, &stream = client] { stream.write("more"); }).is(Errc::closed));
  client.shutdown_write();
}

TEST(TlsTransport, AClosedEndThrowsAtTheOther) {
  auto [client, server] = tls_pair();
  server.close();
  EXPECT_FALSE(outcome_of([&, &stream = client] {
                 for (;;) {
                   stream.write("anybody there?");
                 }
               }).good());
}

TEST(TlsTransport, CloseWakesAReader) {
  both_ways([] {
    auto [client, server] = tls_pair();
    Transport& transport = client.transport();
    Scope scope;
    scope.spawn([&] {
      char buffer[10];
      EXPECT_TRUE(outcome_of([&] { transport.read_some(buffer, 20s); }).is(Errc::canceled));
    });
    sleep_for(1ms);
    transport.close();
    scope.join();
  });
}

// Deadlines and cancellation.

TEST(TlsTransport, AStalledHandshakeEndsAtTheDeadline) {
  both_ways([] {
    auto [client, server] = memory_pipe();
    const Outcome at_client =
        outcome_of([&, &stream = client] { stream.start_tls_client(good_client(), "localhost", 20ms); });
    EXPECT_TRUE(at_client.is(Errc::timeout)) << at_client.text;
    EXPECT_THAT(at_client.text, HasSubstr("TLS handshake"));
    EXPECT_FALSE(client.is_open());

    auto [silent, other] = memory_pipe();
    const Outcome at_server = outcome_of([&, &stream = other] { stream.start_tls_server(good_server(), 20ms); });
    EXPECT_TRUE(at_server.is(Errc::timeout)) << at_server.text;
  });
}

TEST(TlsTransport, AStalledHandshakeOverTcpEndsAtTheDeadline) {
  both_ways([] {
    Listener listener = listen("127.0.0.1:0");
    Stream client = connect(listener.local_address(), 20s);
    Stream server = listener.accept(20s);
    EXPECT_TRUE(outcome_of([&] { server.start_tls_server(good_server(), 20ms); }).is(Errc::timeout));
    EXPECT_FALSE(client.fill(20s));
  });
}

TEST(TlsTransport, TheStreamsTimeoutCounts) {
  auto [client, server] = memory_pipe();
  client.set_timeout(20ms);
  EXPECT_TRUE(
      outcome_of([&, &stream = client] { stream.start_tls_client(good_client(), "localhost"); }).is(Errc::timeout));
}

TEST(TlsTransport, AReadThatTimedOutMayBeRepeated) {
  both_ways([] {
    auto [client, server] = tls_pair();
    char buffer[10];
    EXPECT_TRUE(outcome_of([&, &stream = server] { stream.read_some(buffer, 5ms); }).is(Errc::timeout));
    client.write("x");
    EXPECT_EQ(server.read_some(buffer, 20s), 1U);
    client.write("y");
    // The deadline has passed, but there is nothing to wait for.
    EXPECT_EQ(server.read_some(buffer, 0s), 1U);
  });
}

TEST(TlsTransport, AWriteThatNobodyReadsEndsAtTheDeadline) {
  both_ways([] {
    auto [client, server] = tls_pair();
    const std::string much(1'000'000, 'x');
    EXPECT_TRUE(outcome_of([&, &stream = client] { stream.write(much, 20ms); }).is(Errc::timeout));
    client.close();  // does not wait either
  });
}

TEST(TlsTransport, CancellationEndsAHandshake) {
  run([] {
    auto [client, server] = memory_pipe();
    Outcome outcome;
    Scope scope;
    scope.spawn([&, &stream = server] { outcome = outcome_of([&] { stream.start_tls_server(good_server(), 20s); }); });
    yield();
    scope.cancel();
    scope.join();
    EXPECT_TRUE(outcome.is(Errc::canceled)) << outcome.text;
  });
}

// STARTTLS.

TEST(StartTls, ComesInTheMiddleOfADialogue) {
  both_ways([] {
    auto [client, server] = memory_pipe();
    client.write("STARTTLS\r\n");
    EXPECT_EQ(server.read_line(100), "STARTTLS");
    server.write_later("220 go\r\n");  // sent before the handshake
    Scope scope;
    scope.spawn([&, &stream = server] { stream.start_tls_server(good_server(), 20s); });
    EXPECT_EQ(client.read_line(100, 20s), "220 go");
    client.start_tls_client(good_client(), "localhost", 20s);
    scope.join();
    client.write("EHLO\r\n");
    EXPECT_EQ(server.read_line(100, 20s), "EHLO");
  });
}

TEST(StartTls, WhatTheClientInjectedIsDiscarded) {
  both_ways([] {
    auto [client, server] = memory_pipe();
    client.write("STARTTLS\r\nRCPT TO:<evil@example.test>\r\n");
    EXPECT_EQ(server.read_line(100), "STARTTLS");
    EXPECT_NE(server.buffered(), "");
    server.write("220 go\r\n");
    EXPECT_EQ(client.read_line(100, 20s), "220 go");
    ASSERT_EQ(shake_hands(client, server, good_client(), good_server()).server.text, "");
    EXPECT_EQ(server.buffered(), "");
    client.write("NOOP\r\n");
    EXPECT_EQ(server.read_line(100, 20s), "NOOP");
  });
}

TEST(StartTls, WhatTheServerInjectedIsDiscarded) {
  auto [client, server] = memory_pipe();
  server.write("220 go\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(client.read_line(100), "220 go");
  EXPECT_NE(client.buffered(), "");
  ASSERT_EQ(shake_hands(client, server, good_client(), good_server()).client.text, "");
  server.write("250 real\r\n");
  EXPECT_EQ(client.read_line(100, 20s), "250 real");
}

TEST(StartTls, PlaintextInsteadOfAHandshake) {
  auto [client, server] = memory_pipe();
  client.write("EHLO I did not understand\r\n");
  const Outcome at_server = outcome_of([&, &stream = server] { stream.start_tls_server(good_server(), 20s); });
  EXPECT_TRUE(at_server.is(Errc::tls)) << at_server.text;

  auto [mine, other] = memory_pipe();
  other.write("220 mail.test ESMTP\r\n");
  const Outcome at_client =
      outcome_of([&, &stream = mine] { stream.start_tls_client(good_client(), "localhost", 20s); });
  EXPECT_TRUE(at_client.is(Errc::tls)) << at_client.text;
  EXPECT_THAT(at_client.text, HasSubstr("perhaps the peer does not speak TLS"));
}

TEST(StartTls, AHandshakeBrokenOff) {
  auto [client, server] = memory_pipe();
  client.close();
  const Outcome outcome = outcome_of([&, &stream = server] { stream.start_tls_server(good_server(), 20s); });
  EXPECT_TRUE(outcome.is(Errc::closed)) << outcome.text;
}

TEST(StartTls, GarbageBehindTheHandshakeIsAnError) {
  auto [client, server] = memory_pipe();
  Transport* below = nullptr;
  client = Stream(std::make_unique<Cuttable>(client.release(), below));
  ASSERT_EQ(shake_hands(client, server, good_client(), good_server()).client.text, "");
  below->write_some("this is no TLS record, whatever it may say", {});
  const Outcome outcome = outcome_of([&, &stream = server] { stream.read_line(100, 20s); });
  EXPECT_TRUE(outcome.is(Errc::tls)) << outcome.text;
  EXPECT_FALSE(outcome_of([&, &stream = server] { stream.read_line(100, 20s); }).good());
  EXPECT_FALSE(outcome_of([&, &stream = server] { stream.write("x"); }).good());
}

// Every step of a session made to fail.

TEST(TlsTransport, EveryFaultIsAnErrorOrNothing) {
  const auto session = [](test::FaultPlan& plan, bool at_server) {
    auto [client, server] = memory_pipe();
    (at_server ? server : client) = test::with_faults(std::move(at_server ? server : client), plan);
    bool answered = false;
    Scope scope;
    scope.spawn([&, &stream = server] {
      outcome_of([&] {
        stream.start_tls_server(good_server(), 20s);
        if (stream.read_line(100, 20s) == "question") {
          stream.write("answer\r\n", 20s);
        }
      });
      stream.close();
    });
    const Outcome outcome = outcome_of([&, &stream = client] {
      stream.start_tls_client(good_client(), "localhost", 20s);
      stream.write("question\r\n", 20s);
      answered = stream.read_line(100, 20s) == "answer";
    });
    client.close();
    scope.join();
    EXPECT_NE(answered, !outcome.good());
    if (!plan.fired()) {
      EXPECT_TRUE(answered) << outcome.text;
    }
    EXPECT_FALSE(outcome.is(Errc::timeout)) << outcome.text;
  };
  for (const bool at_server : {false, true}) {
    test::for_each_fault([&](test::FaultPlan& plan) { run([&] { session(plan, at_server); }); });
  }
}

}  // namespace
}  // namespace posthouse::net
