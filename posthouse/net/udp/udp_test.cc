// UDP sockets, one datagram at a time.
#include "posthouse/net/udp/udp.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/udp/udp_testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using testing::UdpTest;

INSTANTIATE_TEST_SUITE_P(Modes, UdpTest, testing::udp_modes(), testing::udp_mode_name);

TEST_P(UdpTest, DatagramsArriveWholeWithTheirSender) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    client.send_to("Michael", server.local_address());
    client.send_to("", server.local_address());
    client.send_to(std::string(60'000, 'x'), server.local_address());
    auto [name, peer] = server.receive_from(10s);
    EXPECT_EQ(name, "Michael");
    EXPECT_EQ(peer, client.local_address());
    EXPECT_EQ(server.receive_from(10s).data, "");
    EXPECT_EQ(server.receive_from(10s).data, std::string(60'000, 'x'));
    server.send_to("Hello, " + name + "!", peer);
    EXPECT_EQ(client.receive(10s), "Hello, Michael!");
  });
}

TEST_P(UdpTest, SaysWhatDidNotFit) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = UdpSocket::connect(server.local_address());
    for (const char* data : {"12345678", "1234", "123", ""}) {
      client.send(data);
    }
    char four[4];
    Received got = server.receive_from(four, 10s);
    EXPECT_EQ(std::string(four, got.size), "1234");
    EXPECT_TRUE(got.truncated);
    EXPECT_EQ(got.from, client.local_address());
    got = server.receive_from(four, 10s);
    EXPECT_EQ(got.size, 4U);
    EXPECT_FALSE(got.truncated);
    got = server.receive_from(four, 10s);
    EXPECT_EQ(got.size, 3U);
    EXPECT_FALSE(got.truncated);
    got = server.receive_from(four, 10s);
    EXPECT_EQ(got.size, 0U);
    EXPECT_FALSE(got.truncated);
  });
}

TEST_P(UdpTest, ALostDatagramIsMetWithADeadline) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = UdpSocket::connect(server.local_address());
    Error error = thrown_by([&] { client.receive(1ms); });
    EXPECT_EQ(error.errc(), Errc::timeout);
    EXPECT_EQ(std::string(error.what()), "no datagram from " + server.local_address().to_string() + " came in time");
    EXPECT_TRUE(error.connection_usable());
    EXPECT_TRUE(error.retryable());
    error = thrown_by([&] { server.receive_from(1ms); });
    EXPECT_EQ(std::string(error.what()), "no datagram to " + server.local_address().to_string() + " came in time");
    char buffer[10];
    EXPECT_EQ(thrown_by([&] { server.receive_from(buffer, 1ms); }).errc(), Errc::timeout);
    client.set_timeout(1ms);
    EXPECT_EQ(thrown_by([&] { client.receive(); }).errc(), Errc::timeout);
    client.send("still there");
    EXPECT_EQ(server.receive_from(10s).data, "still there");
  });
}

TEST_P(UdpTest, TheConnectedPeerIsTheOnlyOne) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket stranger = here();
    UdpSocket client = UdpSocket::connect(server.local_address());
    EXPECT_EQ(client.peer_address(), server.local_address());
    EXPECT_EQ(server.peer_address(), Address());
    stranger.send_to("spam", client.local_address());
    client.send("ham");
    server.send_to(server.receive_from(10s).data, client.local_address());
    EXPECT_EQ(client.receive(10s), "ham");
    EXPECT_EQ(thrown_by([&] { client.receive(1ms); }).errc(), Errc::timeout);
  });
}

TEST_P(UdpTest, AConnectedSocketLearnsThatNobodyListens) {
  in_mode([] {
    const Address nobody = here().local_address();
    UdpSocket client = UdpSocket::connect(nobody);
    client.send("anybody there?");
    const Error error = thrown_by([&] { client.receive(10s); });
    EXPECT_EQ(error.errc(), Errc::refused);
    EXPECT_EQ(std::string(error.what()), "cannot receive from " + nobody.to_string() + ": connection refused");
    EXPECT_TRUE(error.connection_usable());
    client.send("and now?");
    EXPECT_EQ(thrown_by([&] { client.send("?"); }).errc(), Errc::refused);
    UdpSocket server = UdpSocket::bind(nobody);
    client.send("at last");
    EXPECT_EQ(server.receive_from(10s).data, "at last");
  });
}

TEST_P(UdpTest, RefusesWhatCannotBeSent) {
  in_mode([] {
    UdpSocket socket = here();
    const Address peer = socket.local_address();
    const Error error = thrown_by([&] { socket.send_to(std::string(70'000, 'x'), peer); });
    EXPECT_EQ(error.errc(), Errc::too_long);
    EXPECT_EQ(std::string(error.what()),
              "cannot send to " + peer.to_string() + ": a datagram of 70000 octets is too long");
    EXPECT_TRUE(error.connection_usable());
    EXPECT_EQ(thrown_by([&] { socket.send_to("x", peer.with_port(0)); }).errc(), Errc::invalid);
    EXPECT_EQ(thrown_by([&] { socket.send_to("x", Address::unix_path("/x")); }).errc(), Errc::invalid);
    EXPECT_EQ(thrown_by([&] { socket.send("x"); }).errc(), Errc::invalid);
    socket.send_to("short enough", peer);
    EXPECT_EQ(socket.receive_from(10s).data, "short enough");
  });
}

TEST_P(UdpTest, ClosingEndsAReceive) {
  in_mode([] {
    UdpSocket socket = here();
    Scope scope;
    Event started;
    scope.spawn([&] {
      started.set();
      EXPECT_EQ(thrown_by([&] { socket.receive_from(); }).errc(), Errc::canceled);
    });
    started.wait();
    yield();
    socket.close();
    socket.close();
    scope.join();
    EXPECT_FALSE(socket.is_open());
    EXPECT_EQ(thrown_by([&] { socket.receive_from(); }).errc(), Errc::canceled);
    EXPECT_EQ(thrown_by([&] { socket.send_to("x", Address("127.0.0.1", 9)); }).errc(), Errc::canceled);
    EXPECT_EQ(UdpSocket::bind(socket.local_address()).local_address(), socket.local_address());
  });
}

TEST_P(UdpTest, CancellationEndsAReceive) {
  in_mode([] {
    UdpSocket socket = here();
    Scope scope;
    Event started;
    scope.spawn([&] {
      started.set();
      EXPECT_EQ(thrown_by([&] { socket.receive_from(); }).errc(), Errc::canceled);
    });
    started.wait();
    yield();
    scope.cancel();
    scope.join();
    socket.send_to("still usable", socket.local_address());
    EXPECT_EQ(socket.receive_from(10s).data, "still usable");
  });
}

TEST_P(UdpTest, OneReceivesAtATime) {
  in_mode([] {
    UdpSocket socket = here();
    const auto refused = [&](Deadline deadline) {
      try {
        EXPECT_EQ(socket.receive_from(deadline).data, "one");
      } catch (const Error& error) {
        EXPECT_TRUE(error.errc() == Errc::invalid || error.errc() == Errc::timeout) << error.what();
        return error.errc() == Errc::invalid;
      }
      return false;
    };
    Scope scope;
    // Threads may meet either way round: each tries until it is the one that waits, or the one that is refused.
    scope.spawn([&] {
      while (refused(60s)) {
        yield();
      }
    });
    while (!refused(1ms)) {
      yield();
    }
    socket.send_to("one", socket.local_address());
    scope.join();
  });
}

TEST_P(UdpTest, ManyMaySendThroughOneSocket) {
  in_mode([] {
    UdpSocket server = here();
    UdpSocket client = here();
    Scope scope;
    for (int i = 0; i < 8; ++i) {
      scope.spawn([&] {
        for (int k = 0; k < 10; ++k) {
          client.send_to("x", server.local_address());
        }
      });
    }
    for (int i = 0; i < 80; ++i) {
      EXPECT_EQ(server.receive_from(10s).from, client.local_address());
    }
    scope.join();
  });
}

TEST(Udp, SaysWhyItCannotBind) {
  const UdpSocket first = UdpSocket::bind("127.0.0.1:0");
  const Error error = thrown_by([&] { UdpSocket::bind(first.local_address()); });
  EXPECT_EQ(error.errc(), Errc::address_in_use);
  EXPECT_EQ(std::string(error.what()),
            "cannot bind UDP to " + first.local_address().to_string() + ": address already in use");
  EXPECT_EQ(thrown_by([] { UdpSocket::bind("203.0.113.1:0"); }).errc(), Errc::invalid);
  EXPECT_EQ(thrown_by([] { UdpSocket::bind("127.0.0.1"); }).errc(), Errc::invalid);
  EXPECT_EQ(thrown_by([] { UdpSocket::bind("127.0.0.1:99999"); }).errc(), Errc::invalid);
  EXPECT_EQ(thrown_by([] { UdpSocket::bind("unix:/tmp/x"); }).errc(), Errc::invalid);
  EXPECT_EQ(thrown_by([] { UdpSocket::connect("127.0.0.1:0"); }).errc(), Errc::invalid);
  EXPECT_EQ(thrown_by([] { UdpSocket::connect("no-such-host.invalid:9", 10s); }).errc(), Errc::name_not_found);
}

TEST(Udp, NotOpen) {
  UdpSocket socket;
  EXPECT_FALSE(socket);
  EXPECT_EQ(socket.local_address(), Address());
  EXPECT_EQ(thrown_by([&] { socket.receive(); }).errc(), Errc::closed);
  EXPECT_EQ(thrown_by([&] { socket.send("x"); }).errc(), Errc::closed);
  socket = UdpSocket::bind("127.0.0.1:0");
  EXPECT_TRUE(socket);
  const UdpSocket moved = std::move(socket);
  EXPECT_TRUE(moved);
  socket.close();
}

TEST(Udp, FindsNames) {
  UdpSocket server = UdpSocket::bind("localhost:0");
  UdpSocket client = UdpSocket::connect(server.local_address().ip(), server.local_address().port(), 10s);
  client.send("by address");
  EXPECT_EQ(server.receive_from(10s).data, "by address");
  UdpSocket both = UdpSocket::bind("*:0");
  UdpSocket by_name = UdpSocket::connect("localhost:" + std::to_string(both.local_address().port()), 10s);
  by_name.send("by name");
  EXPECT_EQ(both.receive_from(10s).data, "by name");
}

TEST(Udp, DualStackSocketsShowIPv4AsIPv4) {
  UdpSocket server = UdpSocket::open();
  const Address there("127.0.0.1", server.local_address().port());
  UdpSocket client = UdpSocket::bind("127.0.0.1:0");
  client.send_to("v4", there);
  auto [data, peer] = server.receive_from(10s);
  EXPECT_EQ(peer, client.local_address());
  server.send_to("back", peer);
  EXPECT_EQ(client.receive_from(10s).from, there);
  UdpSocket v6_only = UdpSocket::bind("*:0", {.dual_stack = false});
  EXPECT_EQ(thrown_by([&] {
              UdpSocket sender = UdpSocket::connect(Address("127.0.0.1", v6_only.local_address().port()));
              sender.send("nobody");
              sender.receive(10s);
            }).errc(),
            Errc::refused);
  const Error error = thrown_by([&] { client.send_to("x", Address("::1", 9)); });
  EXPECT_EQ(error.errc(), Errc::invalid);
}

TEST(Udp, ConnectsFromAChosenSource) {
  UdpSocket server = UdpSocket::bind("127.0.0.1:0");
  UdpSocket client = UdpSocket::connect(server.local_address(), {.source = Address("127.0.0.2", 0)});
  client.send("x");
  EXPECT_EQ(server.receive_from(10s).from.ip(), "127.0.0.2");
}

TEST(Udp, SetsWhatWasAskedFor) {
  const auto option = [](const UdpSocket& socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(socket.transport().native_handle(), level, name, &value, &size), 0);
    return value;
  };
  const UdpSocket socket =
      UdpSocket::bind("127.0.0.1:0", {.broadcast = true, .receive_buffer = 50'000, .send_buffer = 40'000});
  EXPECT_EQ(option(socket, SOL_SOCKET, SO_RCVBUF), 100'000);  // the kernel doubles it, for its own needs
  EXPECT_EQ(option(socket, SOL_SOCKET, SO_SNDBUF), 80'000);
  EXPECT_EQ(option(socket, SOL_SOCKET, SO_BROADCAST), 1);
}

TEST(Udp, BroadcastMustBeAskedFor) {
  UdpSocket socket = UdpSocket::bind("0.0.0.0:0");
  const Address everybody("127.255.255.255", socket.local_address().port());
  const Error error = thrown_by([&] { socket.send_to("x", everybody); });
  EXPECT_EQ(error.errc(), Errc::permission);
  EXPECT_NE(std::string(error.what()).find("UdpOptions::broadcast"), std::string::npos);
  UdpSocket sender = UdpSocket::bind("127.0.0.1:0", {.broadcast = true});
  sender.send_to("to all", everybody);
  EXPECT_EQ(socket.receive_from(10s).data, "to all");
}

TEST(Udp, SharesAPortBetweenSockets) {
  UdpSocket first = UdpSocket::bind("127.0.0.1:0", {.reuse_port = true});
  UdpSocket second = UdpSocket::bind(first.local_address(), {.reuse_port = true});
  // The kernel chooses by the sender's address, so of many senders both get some.
  for (int i = 0; i < 64; ++i) {
    UdpSocket::connect(first.local_address()).send("x");
  }
  EXPECT_EQ(first.receive_from(10s).data, "x");
  EXPECT_EQ(second.receive_from(10s).data, "x");
}

TEST(Udp, SharesItsPortNumberWithTcp) {
  run([] {
    Listener listener = listen("127.0.0.1:0");
    UdpSocket udp = UdpSocket::bind(listener.local_address());
    Scope scope;
    scope.spawn([&] { serve(listener, [](Stream& stream) { stream.write(stream.read_some(100)); }); });
    scope.spawn([&] {
      auto [data, peer] = udp.receive_from(10s);
      udp.send_to(data, peer);
    });
    Stream stream = connect(listener.local_address(), 10s);
    UdpSocket client = UdpSocket::connect(listener.local_address());
    client.send("by UDP");
    stream.write("by TCP");
    EXPECT_EQ(client.receive(10s), "by UDP");
    EXPECT_EQ(stream.read_some(100, 10s), "by TCP");
    stream.close();
    listener.close();
    scope.join();
  });
}

TEST(Udp, MayBeClosedFromAnotherThread) {
  for (int i = 0; i < 20; ++i) {
    run([] {
      UdpSocket socket = UdpSocket::bind("127.0.0.1:0");
      std::thread closer([&] { socket.close(); });
      EXPECT_EQ(thrown_by([&] { socket.receive_from(10s); }).errc(), Errc::canceled);
      closer.join();
    });
  }
}

// 127.0.0.2 is this machine's, too; without a hint answers to it would leave from 127.0.0.1.
TEST(UdpOnAllAddresses, AnswersFromTheAddressThatWasAsked) {
  for (const char* all : {"*:0", "0.0.0.0:0"}) {
    for (const char* asked : {"127.0.0.1", "127.0.0.2", "127.3.2.1"}) {
      auto server = UdpSocket::bind(all);
      auto client = UdpSocket::connect(Address(asked, server.local_address().port()));
      client.send("one");
      const auto [text, peer] = server.receive_from(20s);
      EXPECT_EQ(peer, client.local_address());
      server.send_to("answer to " + text, peer);
      EXPECT_EQ(client.receive(20s), "answer to one") << asked;

      client.send("two");
      char memory[10];
      const Received received = server.receive_from(memory, 20s);
      server.send_to({memory, received.size}, received.from);
      EXPECT_EQ(client.receive(20s), "two") << asked;

      client.send("three");
      Datagram batch[8];
      server.send_batch(server.receive_batch(batch, 20s));
      EXPECT_EQ(client.receive(20s), "three") << asked;

      for (int i = 0; i < 20; ++i) {
        client.send(std::to_string(i));  // so many that the server reads ahead
      }
      for (int i = 0; i < 20; ++i) {
        const auto [number, from] = server.receive_from(20s);
        server.send_to(number, from);
        EXPECT_EQ(client.receive(20s), std::to_string(i)) << asked;
      }
    }
  }
}

TEST(UdpOnAllAddresses, AnswersOverIpv6) {
  auto server = UdpSocket::bind("*:0");
  auto client = UdpSocket::connect(Address("::1", server.local_address().port()));
  client.send("question");
  const auto [text, peer] = server.receive_from(20s);
  EXPECT_EQ(peer.local_octets(), Address("::1", 1).octets());
  server.send_to("answer", peer);
  EXPECT_EQ(client.receive(20s), "answer");
}

// Two askers of two addresses in one batch: what could be joined into one message is not.
TEST(UdpOnAllAddresses, ABatchLeavesFromManyAddresses) {
  auto server = UdpSocket::bind("*:0");
  auto asker = UdpSocket::bind("127.0.0.1:0");
  const std::uint16_t port = server.local_address().port();
  asker.send_to("a", Address("127.0.0.2", port));
  asker.send_to("b", Address("127.0.0.3", port));
  std::size_t answered = 0;
  while (answered < 2) {
    Datagram batch[8];
    const auto received = server.receive_batch(batch, 20s);
    answered += server.send_batch(received);
  }
  EXPECT_EQ(asker.receive_from(20s).from, Address("127.0.0.2", port));
  EXPECT_EQ(asker.receive_from(20s).from, Address("127.0.0.3", port));
}

// A peer that one socket knows may be written to by another, which has an address of its own.
TEST(UdpOnAllAddresses, AnotherSocketSendsFromItsOwnAddress) {
  auto server = UdpSocket::bind("*:0");
  auto other = UdpSocket::bind("127.0.0.4:0");
  auto asker = UdpSocket::bind("127.0.0.1:0");
  asker.send_to("question", Address("127.0.0.2", server.local_address().port()));
  other.send_to("answer", server.receive_from(20s).from);
  EXPECT_EQ(asker.receive_from(20s).from, other.local_address());
}

}  // namespace
}  // namespace posthouse::net
