// Many fibers and threads that send, receive, expire, cancel and close at random (best under ThreadSanitizer); and a
// way that is slower than its senders.
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/udp/private_network.h"
#include "posthouse/net/udp/udp_testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

constexpr unsigned loops = 3;
constexpr unsigned clients = fiber::detail::sanitized ? 10 : 30;
constexpr int rounds = fiber::detail::sanitized ? 20 : 60;

void echo(UdpSocket& socket) {
  std::vector<Datagram> batch(32);
  try {
    for (;;) {
      socket.send_batch(socket.receive_batch(batch));
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::canceled);
  }
}

// Sends numbered datagrams, singly and in batches, and checks that what comes back is one of them. Loopback loses what
// a full buffer does not take, so nothing is said about how many come back, save that something does.
void talk_at_random(const Address& server, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned bound) { return static_cast<std::size_t>(random() % bound); };
  UdpSocket socket = UdpSocket::connect(server);
  std::string text(1 + below(1400), static_cast<char>('a' + seed % 26));
  std::size_t came = 0;
  const auto check = [&](std::string_view data) {
    ++came;
    EXPECT_EQ(data, std::string_view(text).substr(0, data.size()));
  };
  for (int round = 0; round < rounds; ++round) {
    std::vector<Datagram> batch(1 + below(10), Datagram{text, {}});
    batch.back().data = std::string_view(text).substr(0, below(unsigned(text.size())));
    if (below(2) == 0) {
      EXPECT_EQ(socket.send_batch(batch, 60s), batch.size());
    } else {
      socket.send(batch.back().data, 60s);
    }
    try {
      if (below(2) == 0) {
        for (const Datagram& datagram : socket.receive_batch(batch, below(2) == 0 ? 1us : 100ms)) {
          check(datagram.data);
        }
      } else {
        check(socket.receive(100ms));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.errc(), Errc::timeout);
    }
  }
  EXPECT_GT(came, 0U);
}

TEST(UdpStress, ALoopEachWithASocketOfItsOwn) {
  run(
      [] {
        std::vector<UdpSocket> servers;
        servers.push_back(UdpSocket::bind("127.0.0.1:0", {.reuse_port = true}));
        while (servers.size() < loops) {
          servers.push_back(UdpSocket::bind(servers[0].local_address(), {.reuse_port = true}));
        }
        const Address address = servers[0].local_address();
        Scope echoes;
        for (unsigned i = 0; i < loops; ++i) {
          echoes.spawn_on(i, [socket = std::move(servers[i])]() mutable { echo(socket); });
        }
        Scope talks;
        for (unsigned i = 0; i < clients; ++i) {
          talks.spawn_on(i, [address, i] { talk_at_random(address, i); });
        }
        talks.join();
        echoes.cancel();
        echoes.join();
      },
      {.loops = loops});
}

TEST(UdpStress, ThreadsShareASocketToSend) {
  UdpSocket server = UdpSocket::bind("127.0.0.1:0");
  std::thread echoing([&] { echo(server); });
  std::vector<std::thread> talking;
  UdpSocket shared = UdpSocket::connect(server.local_address());
  for (unsigned i = 0; i < 4; ++i) {
    talking.emplace_back([&, i] { talk_at_random(server.local_address(), i); });
    talking.emplace_back([&] {
      for (int k = 0; k < rounds; ++k) {
        shared.send("x");
      }
    });
  }
  for (std::thread& thread : talking) {
    thread.join();
  }
  server.close();
  echoing.join();
}

TEST(UdpStress, ClosingAndCancelingAtAnyMoment) {
  run(
      [] {
        for (int round = 0; round < rounds; ++round) {
          UdpSocket socket = UdpSocket::bind("127.0.0.1:0");
          const Address address = socket.local_address();
          Scope scope;
          scope.spawn([&] { echo(socket); });
          scope.spawn([&] {
            try {
              for (;;) {
                socket.send_to("x", address);
              }
            } catch (const Error& error) {
              EXPECT_EQ(error.errc(), Errc::canceled);
            }
          });
          scope.spawn_on(1, [&, round] {
            sleep_for(std::chrono::microseconds(round * 10));
            if (round % 2 == 0) {
              socket.close();
            } else {
              scope.cancel();
            }
          });
          scope.join();
        }
      },
      {.loops = 2});
}

// A way slower than its senders ---------------------------------------------------------------------------------------

// The loopback interface takes what is sent at once, unless it is told to be slow.
constexpr const char* slow_loopback = "ip link set lo up && tc qdisc add dev lo root tbf rate 8mbit burst 4k limit 1m";

void send_through_a_slow_way() {
  UdpSocket server = UdpSocket::bind("127.0.0.1:0", {.receive_buffer = 1 << 20});
  UdpSocket client = UdpSocket::bind("127.0.0.1:0", {.send_buffer = 4608});
  const std::string text(1000, 'x');
  // Each longer than the one before, so that the kernel is given them one by one.
  std::vector<Datagram> batch;
  for (std::size_t i = 0; i < 40; ++i) {
    batch.push_back({std::string_view(text).substr(0, 961 + i), server.local_address()});
  }
  // What does not fit the buffer is not sent by a call that may not wait, and the caller is told how much was.
  const std::size_t sent = client.send_batch(batch, 0s);
  EXPECT_GT(sent, 0U);
  EXPECT_LT(sent, 40U);
  const Error error = thrown_by([&] {
    for (;;) {
      client.send_to(text, server.local_address(), 0s);
    }
  });
  EXPECT_EQ(error.errc(), Errc::timeout);
  EXPECT_TRUE(error.connection_usable());
  EXPECT_EQ(client.send_batch(batch, 60s), 40U);
  Scope scope;
  for (int i = 0; i < 4; ++i) {
    scope.spawn([&] {
      for (int k = 0; k < 5; ++k) {
        client.send_to(text, server.local_address(), 60s);
      }
    });
  }
  scope.join();
  for (std::size_t i = 0; i < sent + 60; ++i) {
    EXPECT_GT(server.receive_from(60s).data.size(), 960U);
  }
  // Closing ends those who wait for room.
  Scope closing;
  Semaphore failed(0);
  for (int i = 0; i < 3; ++i) {
    closing.spawn([&] {
      EXPECT_EQ(thrown_by([&] {
                  for (;;) {
                    client.send_to(text, server.local_address());
                  }
                }).errc(),
                Errc::canceled);
      failed.release();
    });
  }
  closing.spawn([&] {
    sleep_for(20ms);
    client.close();
  });
  for (int i = 0; i < 3; ++i) {
    failed.acquire(60s);
  }
  closing.join();
}

TEST(UdpSlowWay, FibersWaitForRoom) {
  testing::in_private_network(slow_loopback, [] { run([] { send_through_a_slow_way(); }); });
}

TEST(UdpSlowWay, ThreadsWaitForRoom) {
  testing::in_private_network(slow_loopback, [] { send_through_a_slow_way(); });
}

}  // namespace
}  // namespace posthouse::net
