// The simulated network: what its connections do, and what can befall them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// The two ends of a connection to this machine, client's first.
std::pair<Stream, Stream> connected() {
  auto listener = listen("127.0.0.1:0");
  auto client = connect(listener.local_address());
  return {std::move(client), listener.accept()};
}

// Connections --------------------------------------------------------------------------------------------------------

TEST(SimulatedNetwork, PacketsTakeTheirTime) {
  Simulation world({.reorder = false, .min_latency = 10ms, .max_latency = 10ms});
  run_in(world, [] {
    auto [client, server] = connected();
    const TimePoint sent = now();
    client.write("hello");
    EXPECT_LT(now() - sent, 1ms);
    EXPECT_EQ(error_of([&] { server.read_some(10, 5ms); }), Errc::timeout);
    server.read_some(10);
    EXPECT_GE(now() - sent, 10ms);
    EXPECT_LT(now() - sent, 11ms);
  });
}

TEST(SimulatedNetwork, OctetsComeInAnyPartsAndInTheirOrder) {
  const std::string sent = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::set<std::vector<std::size_t>> ways;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Simulation world({.seed = seed});
    run_in(world, [&] {
      auto [client, server] = connected();
      client.write(sent);
      client.shutdown_write();
      std::vector<std::size_t> parts;
      std::string received;
      for (char some[100]; const std::size_t got = server.read_some(some);) {
        parts.push_back(got);
        received.append(some, got);
      }
      EXPECT_EQ(received, sent);
      EXPECT_EQ(server.read_some(1), "");  // again and again
      ways.insert(parts);
    });
    EXPECT_GT(world.counts().steps, 3U);
  }
  EXPECT_GT(ways.size(), 10U);
}

TEST(SimulatedNetwork, WithoutPartsAWriteIsReadWhole) {
  Simulation world({.partial = false});
  run_in(world, [] {
    auto [client, server] = connected();
    client.write(std::string(1000, 'x'));
    EXPECT_EQ(server.read_some(2000).size(), 1000U);
  });
  EXPECT_EQ(world.counts().partial, 0U);
}

TEST(SimulatedNetwork, BuffersAreBounded) {
  Simulation world({.buffer = 100});
  run_in(world, [] {
    auto [client, server] = connected();
    EXPECT_EQ(error_of([&] { client.write(std::string(101, 'x'), 1h); }), Errc::timeout);
    std::string some(100, ' ');
    server.read_exactly(some, 1s);
    client.write("y", 1s);
  });
}

TEST(SimulatedNetwork, BothEndsKnowTheirAddresses) {
  Simulation world;
  auto& far = world.add_host("far", {"192.0.2.7", "2001:db8::7"});
  run_in(world, [&] {
    Listener listener;
    {
      const OnHost on(far);
      listener = listen("[::]:25");
      EXPECT_EQ(listener.local_address().to_string(), "[::]:25");
    }
    for (const char* address : {"192.0.2.7:25", "[2001:db8::7]:25"}) {
      auto client = connect(Address::parse(address));
      auto server = listener.accept();
      EXPECT_EQ(client.peer_address().to_string(), address);
      EXPECT_EQ(server.local_address(), client.peer_address());
      EXPECT_EQ(server.peer_address(), client.local_address());
      EXPECT_EQ(client.local_address().ip(),
                client.peer_address().family() == Address::Family::ipv4 ? "10.0.0.1" : "fd00::1");
    }
  });
}

TEST(SimulatedNetwork, ClosedConnectionsBehaveAsThoseOfTheKernel) {
  Simulation world({.reorder = false, .partial = false});
  run_in(world, [] {
    auto [client, server] = connected();
    client.write("last words");
    sleep_for(1s);
    client.close();
    EXPECT_EQ(error_of([&] { client.write("x"); }), Errc::closed);
    EXPECT_EQ(server.read_all(100, 1s), "last words");
    server.write("to nobody");  // answered by a reset
    sleep_for(1s);
    EXPECT_EQ(error_of([&] { server.write("x"); }), Errc::reset);
    EXPECT_EQ(error_of([&] { server.read_some(1); }), Errc::reset);
  });
}

TEST(SimulatedNetwork, ClosingWhileOctetsAreUnderWayResets) {
  Simulation world;
  run_in(world, [] {
    auto [client, server] = connected();
    server.write("too late");
    client.close();
    EXPECT_EQ(error_of([&] { server.read_some(1, 1s); }), Errc::reset);
  });
}

TEST(SimulatedNetwork, CancellationEndsEveryWait) {
  Simulation world({.buffer = 1});
  run_in(world, [] {
    auto [client, server] = connected();
    auto listener = listen("127.0.0.1:0");
    Scope scope;
    int canceled = 0;
    const auto expect_cancel = [&](auto wait) {
      scope.spawn([&canceled, wait]() mutable {
        EXPECT_EQ(error_of(wait), Errc::canceled);
        ++canceled;
      });
    };
    expect_cancel([&client = client] { client.read_some(1); });
    expect_cancel([&client = client] { client.write("xx"); });
    expect_cancel([&listener] { listener.accept(); });
    expect_cancel([] { sleep_for(24h); });
    sleep_for(1s);
    scope.cancel();
    scope.join();
    EXPECT_EQ(canceled, 4);
  });
}

// Listening and connecting -------------------------------------------------------------------------------------------

TEST(SimulatedNetwork, ConnectingFailsAsTheKernelDoesIt) {
  Simulation world;
  auto& four = world.add_host("four", {"192.0.2.4"});
  run_in(world, [&] {
    EXPECT_EQ(error_of([] { connect(Address::parse("127.0.0.1:1")); }), Errc::refused);
    EXPECT_EQ(error_of([] { connect(Address::parse("203.0.113.1:1")); }), Errc::unreachable);
    EXPECT_EQ(error_of([] { connect("nobody.test", 1); }), Errc::name_not_found);
    const OnHost on(four);
    EXPECT_EQ(error_of([] { connect(Address::parse("[fd00::1]:1")); }), Errc::unreachable);
  });
}

TEST(SimulatedNetwork, AListenerThatIsFullLeavesConnectionsWaiting) {
  Simulation world;
  run_in(world, [] {
    auto listener = listen("127.0.0.1:25", {.backlog = 1});
    auto first = connect("127.0.0.1", 25);
    EXPECT_EQ(error_of([] { connect("127.0.0.1", 25, 10s); }), Errc::timeout);
    Scope scope;
    scope.spawn([] { connect("127.0.0.1", 25, 10s); });
    sleep_for(500ms);
    listener.accept();
    scope.join();  // the SYN sent again was answered
    EXPECT_EQ(error_of([&] {
                for (;;) {
                  listener.accept(1s);
                }
              }),
              Errc::timeout);
  });
}

TEST(SimulatedNetwork, AddressesAreTakenOnce) {
  Simulation world;
  auto& far = world.add_host("far");
  run_in(world, [&] {
    auto listener = listen("127.0.0.1:25");
    EXPECT_EQ(error_of([] { listen("127.0.0.1:25"); }), Errc::address_in_use);
    EXPECT_EQ(error_of([] { listen("*:25"); }), Errc::address_in_use);
    EXPECT_EQ(error_of([] { listen("192.0.2.1:25"); }), Errc::invalid);
    listen("[::1]:25");
    auto any = listen("0.0.0.0:26");
    EXPECT_EQ(error_of([] { listen("127.0.0.1:26"); }), Errc::address_in_use);
    {
      const OnHost on(far);
      listen("127.0.0.1:25");
    }
    listener.close();
    EXPECT_EQ(error_of([&] { listener.accept(); }), Errc::canceled);
    listen("127.0.0.1:25");
    auto one = listen("127.0.0.1:27", {.reuse_port = true});
    auto two = listen("127.0.0.1:27", {.reuse_port = true});
  });
}

TEST(SimulatedNetwork, UnixSocketsHaveTheirPaths) {
  Simulation world;
  run_in(world, [] {
    auto listener = listen("unix:/run/x.sock");
    EXPECT_EQ(error_of([] { listen("unix:/run/x.sock"); }), Errc::address_in_use);
    auto client = connect(Address::parse("unix:/run/x.sock"));
    auto server = listener.accept();
    client.write("x");
    EXPECT_EQ(server.read_some(1), "x");
    EXPECT_EQ(error_of([] { connect(Address::parse("unix:/run/y.sock")); }), Errc::refused);
  });
}

// Names --------------------------------------------------------------------------------------------------------------

TEST(SimulatedNetwork, NamesAreThoseOfTheWorld) {
  Simulation world;
  world.add_host("mx.example", {"192.0.2.1"});
  world.add_name("Alias.Example", "192.0.2.1");
  world.add_mx("example", {.preference = 20, .exchange = "backup.example"});
  world.add_mx("example", {.preference = 10, .exchange = "mx.example"});
  run_in(world, [] {
    SystemResolver resolver;
    EXPECT_EQ(resolver.addresses("ALIAS.example", 25), std::vector{Address("192.0.2.1", 25)});
    EXPECT_EQ(system_addresses("[2001:db8::1]", 25), std::vector{Address("2001:db8::1", 25)});
    EXPECT_EQ(system_addresses("localhost", 25).size(), 2U);
    const auto records = resolver.mx("example");
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].exchange, "mx.example");
    EXPECT_EQ(error_of([&] { resolver.addresses("example", 25); }), Errc::name_not_found);
    EXPECT_EQ(error_of([&] { resolver.mx("else.example"); }), Errc::name_not_found);
  });
  EXPECT_THROW(world.add_host("other", {"192.0.2.1"}), Error);
  EXPECT_THROW(world.add_host("other", {"192.0.2"}), Error);
}

TEST(SimulatedNetwork, EveryMachineHasItsOwnLoopback) {
  Simulation world;
  auto& far = world.add_host("far.example");
  run_in(world, [&] {
    auto here = listen("127.0.0.1:25");
    Scope scope;
    scope.spawn([&] {
      const OnHost on(far);
      EXPECT_EQ(error_of([] { connect("127.0.0.1", 25); }), Errc::refused);
      auto there = listen("127.0.0.1:25");
      Scope inner;  // its fibers run on the same machine
      inner.spawn([] { connect("127.0.0.1", 25); });
      there.accept();
      inner.join();
    });
    scope.join();
    EXPECT_EQ(error_of([] { connect("far.example", 25); }), Errc::refused);
    EXPECT_EQ(error_of([&] { here.accept(1s); }), Errc::timeout);
  });
  EXPECT_EQ(error_of([&] { const OnHost on(far); }), Errc::invalid);
}

// Faults -------------------------------------------------------------------------------------------------------------

TEST(SimulatedNetwork, AResetIsToldToBothSides) {
  // listen, connect, accept, write: the fourth step
  Simulation world({.fail_step = 4, .fault = SimulatedFault::reset});
  run_in(world, [] {
    auto [client, server] = connected();
    EXPECT_EQ(error_of([&client = client] { client.write("x"); }), Errc::reset);
    EXPECT_EQ(error_of([&server = server] { server.read_some(1); }), Errc::reset);
    EXPECT_EQ(error_of([&client = client] { client.read_some(1); }), Errc::reset);
  });
  EXPECT_TRUE(world.fault_met());
  EXPECT_EQ(world.counts().resets, 1U);
}

TEST(SimulatedNetwork, AVanishedPeerIsNoticedByNobody) {
  Simulation world({.buffer = 1000, .fail_step = 4, .fault = SimulatedFault::vanish});
  run_in(world, [] {
    auto [client, server] = connected();
    client.write("x");
    EXPECT_EQ(error_of([&server = server] { server.read_some(1, 1h); }), Errc::timeout);
    client.close();
    EXPECT_EQ(error_of([&server = server] { server.read_some(1, 1h); }), Errc::timeout);
    EXPECT_EQ(error_of([&server = server] { server.write(std::string(1001, 'x'), 1h); }), Errc::timeout);
  });
  EXPECT_EQ(world.counts().vanished, 1U);
}

TEST(SimulatedNetwork, AnErrorLeavesTheConnection) {
  Simulation world({.fail_step = 4, .fault = SimulatedFault::error});
  run_in(world, [] {
    auto [client, server] = connected();
    EXPECT_EQ(error_of([&client = client] { client.write("x"); }), Errc::system);
    client.write("y");
    EXPECT_EQ(server.read_some(1), "y");
  });
}

TEST(SimulatedNetwork, ConnectingAndAcceptingMeetFaults) {
  for (const auto& [fault, errc] : {std::pair{SimulatedFault::error, Errc::unreachable},
                                    {SimulatedFault::reset, Errc::refused},
                                    {SimulatedFault::vanish, Errc::timeout}}) {
    Simulation world({.fail_step = 2, .fault = fault});
    run_in(world, [errc = errc] {
      auto listener = listen("127.0.0.1:25");
      EXPECT_EQ(error_of([] { connect("127.0.0.1", 25); }), errc);
    });
    EXPECT_EQ(world.elapsed() > 1min, fault == SimulatedFault::vanish);  // Linux gives up after two
  }
  for (const auto& [fault, errc] : {std::pair{SimulatedFault::error, Errc::system},
                                    {SimulatedFault::reset, Errc::reset},
                                    {SimulatedFault::vanish, Errc::timeout}}) {
    Simulation world({.fail_step = 3, .fault = fault});
    run_in(world, [errc = errc] {
      auto listener = listen("127.0.0.1:25");
      auto client = connect("127.0.0.1", 25);
      EXPECT_EQ(error_of([&] { listener.accept().read_some(1, 1s); }), errc);
    });
  }
}

TEST(SimulatedNetwork, AllFaultsAppearByChance) {
  SimulationCounts sum;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Simulation world({.seed = seed, .error = 0.05, .reset = 0.05, .vanish = 0.05});
    run_in(world, [] {
      try {
        auto [client, server] = connected();
        for (int i = 0; i < 10; ++i) {
          client.write("x", 1s);
          server.read_some(1, 1s);
        }
      } catch (const Error&) {
      }
    });
    sum.errors += world.counts().errors;
    sum.resets += world.counts().resets;
    sum.vanished += world.counts().vanished;
  }
  EXPECT_GT(sum.errors, 5U);
  EXPECT_GT(sum.resets, 5U);
  EXPECT_GT(sum.vanished, 5U);
}

// Partitions ---------------------------------------------------------------------------------------------------------

TEST(SimulatedNetwork, ACutLinkHoldsWhatIsUnderWay) {
  Simulation world({.buffer = 1000});
  auto& far = world.add_host("far.example");
  auto& near = world.add_host("near.example");
  run_in(world, [&] {
    const OnHost on(near);
    Listener listener;
    {
      const OnHost there(far);
      listener = listen("*:25");
    }
    auto client = connect("far.example", 25);
    auto server = listener.accept();
    client.write("before");
    world.cut(near, far);
    EXPECT_EQ(error_of([&] { server.read_some(1, 1h); }), Errc::timeout);
    EXPECT_EQ(error_of([&] { client.write(std::string(995, 'x'), 1h); }), Errc::timeout);
    EXPECT_EQ(error_of([] { connect("far.example", 25, 1min); }), Errc::timeout);
    Scope scope;
    scope.spawn([] { connect("far.example", 25, 1min); });  // tries again and again
    sleep_for(20s);
    world.heal(near, far);
    std::string all(1000, ' ');
    server.read_exactly(all, 1s);
    EXPECT_EQ(all.substr(0, 8), "beforexx");
    scope.join();
  });
}

TEST(SimulatedNetwork, WhatWasClosedBehindACutLinkEndsWhenItHeals) {
  Simulation world;
  auto& far = world.add_host("far.example");
  auto& near = world.add_host("near.example");
  run_in(world, [&] {
    Listener listener;
    {
      const OnHost there(far);
      listener = listen("*:25");
    }
    const OnHost on(near);
    auto client = connect("far.example", 25);
    auto idle = connect("far.example", 25);
    auto server = listener.accept();
    auto idle_server = listener.accept();
    world.cut(far, near);
    server.close();
    idle_server.close();
    client.write("x");
    world.heal(far, near);
    EXPECT_EQ(error_of([&] { client.read_all(1, 1s); }), Errc::reset);
    EXPECT_EQ(idle.read_all(1, 1s), "");
  });
}

}  // namespace
}  // namespace posthouse::net
