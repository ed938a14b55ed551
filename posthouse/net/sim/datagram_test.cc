// UDP on the simulated network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/net/testing.h"
#include "posthouse/net/udp/udp.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

TEST(SimulatedDatagrams, GoThereAndBack) {
  Simulation world;
  auto& far = world.add_host("far.example", {"192.0.2.9", "2001:db8::9"});
  run_in(world, [&] {
    UdpSocket server;
    {
      const OnHost there(far);
      server = UdpSocket::bind("*:9999");
    }
    auto client = UdpSocket::connect("far.example", 9999);
    EXPECT_EQ(client.peer_address().to_string(), "192.0.2.9:9999");
    client.send("Michael");
    const auto [name, peer] = server.receive_from(1s);
    EXPECT_EQ(name, "Michael");
    EXPECT_EQ(peer, client.local_address());
    server.send_to("Hello, " + name + "!", peer);
    EXPECT_EQ(client.receive(1s), "Hello, Michael!");
    server.send_to("", peer);
    EXPECT_EQ(client.receive(1s), "");
    EXPECT_EQ(error_of([&] { client.receive(1h); }), Errc::timeout);
  });
}

TEST(SimulatedDatagrams, AreCutOffWhereTheMemoryEnds) {
  Simulation world;
  run_in(world, [] {
    auto server = UdpSocket::bind("127.0.0.1:0");
    auto client = UdpSocket::open();
    client.send_to("12345", server.local_address());
    char memory[3];
    const Received received = server.receive_from(memory, 1s);
    EXPECT_EQ(received.size, 3U);
    EXPECT_TRUE(received.truncated);
    EXPECT_EQ(error_of([&] { client.send_to(std::string(65'508, 'x'), server.local_address()); }), Errc::too_long);
  });
}

TEST(SimulatedDatagrams, NobodyListensIsToldToConnectedSockets) {
  Simulation world;
  run_in(world, [] {
    auto client = UdpSocket::connect("127.0.0.1:9");
    client.send("x");
    EXPECT_EQ(error_of([&] { client.receive(1h); }), Errc::refused);
    EXPECT_EQ(error_of([&] { client.receive(1h); }), Errc::timeout);
    auto open = UdpSocket::open();
    open.send_to("x", Address::parse("127.0.0.1:9"));
    EXPECT_EQ(error_of([&] { open.receive_from(1h); }), Errc::timeout);
  });
}

TEST(SimulatedDatagrams, AreLostDoubledAndReordered) {
  Simulation world({.drop = 0.2, .duplicate = 0.2});
  std::vector<int> order;
  run_in(world, [&] {
    auto server = UdpSocket::bind("127.0.0.1:0");
    auto client = UdpSocket::connect(server.local_address());
    for (int i = 0; i < 200; ++i) {
      client.send(std::to_string(i));
    }
    EXPECT_EQ(error_of([&] {
                for (;;) {
                  order.push_back(std::stoi(server.receive_from(1s).data));
                }
              }),
              Errc::timeout);
  });
  const SimulationCounts& counts = world.counts();
  EXPECT_EQ(counts.datagrams, 200U);
  EXPECT_GT(counts.dropped, 10U);
  EXPECT_GT(counts.duplicated, 10U);
  EXPECT_EQ(order.size(), 200 - counts.dropped + counts.duplicated);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
}

TEST(SimulatedDatagrams, TooManyAreDropped) {
  Simulation world;
  run_in(world, [] {
    auto server = UdpSocket::bind("127.0.0.1:0", {.receive_buffer = 1000});
    auto client = UdpSocket::connect(server.local_address());
    for (int i = 0; i < 3; ++i) {
      client.send(std::string(400, 'x'));
    }
    sleep_for(1s);
    Datagram batch[8];
    EXPECT_EQ(server.receive_batch(batch, 1s).size(), 2U);
    EXPECT_EQ(batch[0].data.size(), 400U);
  });
  EXPECT_EQ(world.counts().dropped, 1U);
}

TEST(SimulatedDatagrams, MulticastReachesItsGroup) {
  Simulation world;
  auto& far = world.add_host("far.example");
  run_in(world, [&] {
    const Address group("239.1.2.3", 5000);
    UdpSocket member;
    {
      const OnHost there(far);
      member = UdpSocket::bind("0.0.0.0:5000");
      member.join(group);
    }
    auto stranger = UdpSocket::bind("0.0.0.0:5000");
    auto client = UdpSocket::bind("0.0.0.0:0", {.broadcast = true});
    client.send_to("x", group);
    EXPECT_EQ(member.receive_from(1s).data, "x");
    EXPECT_EQ(error_of([&] { stranger.receive_from(1s); }), Errc::timeout);
    member.leave(group);
    EXPECT_EQ(error_of([&] { member.leave(group); }), Errc::invalid);
    client.send_to("y", Address::parse("255.255.255.255:5000"));
    EXPECT_EQ(member.receive_from(1s).data, "y");
    EXPECT_EQ(stranger.receive_from(1s).data, "y");
    EXPECT_EQ(error_of([&] { member.send_to("y", Address::parse("255.255.255.255:5000")); }), Errc::permission);
  });
}

TEST(SimulatedDatagrams, CloseEndsAWait) {
  Simulation world;
  run_in(world, [] {
    auto socket = UdpSocket::bind("127.0.0.1:53");
    EXPECT_EQ(error_of([] { UdpSocket::bind("127.0.0.1:53"); }), Errc::address_in_use);
    Scope scope;
    scope.spawn([&] { EXPECT_EQ(error_of([&] { socket.receive_from(); }), Errc::canceled); });
    sleep_for(1s);
    socket.close();
    scope.join();
    UdpSocket::bind("127.0.0.1:53");
  });
}

TEST(SimulatedDatagrams, ACutLinkLosesThem) {
  Simulation world;
  auto& far = world.add_host("far.example");
  auto& near = world.add_host("near.example");
  run_in(world, [&] {
    UdpSocket server;
    {
      const OnHost there(far);
      server = UdpSocket::bind("*:9");
    }
    const OnHost here(near);
    auto client = UdpSocket::connect("far.example", 9);
    world.cut(near, far);
    client.send("lost");
    world.heal(near, far);
    client.send("found");
    EXPECT_EQ(server.receive_from(1s).data, "found");
  });
}

}  // namespace
}  // namespace posthouse::net
