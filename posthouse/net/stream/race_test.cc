// Connecting by name: many addresses, few of which work.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <vector>

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
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Family = Address::Family;

// Has the addresses it is given; finding those of a family may take a while.
class Names final : public Resolver {
 public:
  explicit Names(std::vector<Address> addresses) : addresses_(std::move(addresses)) {}
  std::map<Family, Duration> delays;

  std::vector<Address> addresses(const std::string&, std::uint16_t, Deadline) override { return addresses_; }
  std::vector<Address> addresses_of(Family family, const std::string& host, std::uint16_t port,
                                    Deadline deadline) override {
    if (const auto delay = delays.find(family); delay != delays.end()) {
      sleep_for(delay->second);
    }
    return Resolver::addresses_of(family, host, port, deadline);
  }
  DnsAnswer<std::string> query(const std::string&, DnsType, Deadline) override { return {}; }

 private:
  std::vector<Address> addresses_;
};

// On the kernel's network, in fibers and in threads.
class ConnectByName : public ::testing::TestWithParam<bool> {
 protected:
  void both(UniqueFunction body) {
    if (GetParam()) {
      run(std::move(body));
    } else {
      body();
    }
  }
  // An address where nobody listens.
  static Address closed(const char* ip) {
    Listener listener = listen(Address(ip, 0));
    const Address address = listener.local_address();
    listener.close();
    return address;
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, ConnectByName, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST_P(ConnectByName, GoesOnAtOnceFromAddressesThatRefuse) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Names names({closed("::1"), closed("127.0.0.1"), listener.local_address()});
    Stream stream = connect("host.test", 1, 20s, {.attempt_delay = 1h, .resolver = &names});
    EXPECT_EQ(stream.peer_address(), listener.local_address());
    Stream accepted = listener.accept(20s);
    stream.write("x\n");
    EXPECT_EQ(accepted.read_line(10, 20s), "x");
    accepted.write("y\n");
    EXPECT_EQ(stream.read_line(10, 20s), "y");
  });
}

TEST_P(ConnectByName, FindsTheLocalHost) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Stream stream = connect("localhost", listener.local_address().port(), 20s);
    EXPECT_EQ(stream.peer_address(), listener.local_address());
    EXPECT_TRUE(listener.accept(20s).is_open());
  });
}

TEST_P(ConnectByName, TellsWhatHappenedWithEachAddress) {
  both([] {
    const Address six = closed("::1");
    const Address four = closed("127.0.0.1");
    Names names({four, six});
    const Error error = thrown_by([&] { connect("host.test", 25, 20s, {.resolver = &names}); });
    EXPECT_EQ(error.errc(), Errc::refused);
    EXPECT_EQ(std::string(error.what()), "cannot connect to host.test port 25: " + six.to_string() +
                                             ": connection refused; " + four.to_string() + ": connection refused");
  });
}

TEST_P(ConnectByName, NamesWithoutAddresses) {
  both([] {
    Names none({});
    const Error error = thrown_by([&] { connect("host.test", 25, 20s, {.resolver = &none}); });
    EXPECT_EQ(error.errc(), Errc::name_not_found);
    EXPECT_FALSE(error.retryable());
    EXPECT_EQ(thrown_by([] { connect("no such host", 25, 20s); }).errc(), Errc::name_not_found);
  });
}

TEST_P(ConnectByName, ThousandsOfAddressesAreNotAllTried) {
  both([] {
    const Address nobody = closed("127.0.0.1");
    Names names(std::vector<Address>(5000, nobody));
    const std::string what = thrown_by([&] { connect("host.test", 25, 20s, {.resolver = &names}); }).what();
    EXPECT_EQ(std::count(what.begin(), what.end(), ';'), 31);
  });
}

TEST_P(ConnectByName, FromAChosenAddress) {
  both([] {
    Listener listener = listen("127.0.0.1:0");
    Names names({Address("::1", listener.local_address().port()), listener.local_address()});
    Stream stream = connect("host.test", 1, 20s, {.source = Address("127.0.0.7", 0), .resolver = &names});
    EXPECT_EQ(stream.local_address().ip(), "127.0.0.7");
    EXPECT_EQ(listener.accept(20s).peer_address().ip(), "127.0.0.7");
    const Error error =
        thrown_by([&] { connect(listener.local_address(), 20s, {.source = Address("203.0.113.1", 0)}); });
    EXPECT_EQ(error.errc(), Errc::invalid);
    EXPECT_THAT(error.what(), HasSubstr("from 203.0.113.1:0"));
  });
}

// On a simulated network, where time is exact.
class HappyEyeballs : public ::testing::Test {
 protected:
  // Runs `body` on a machine that can reach 192.0.2.1, while packets to 2001:db8::1 and 192.0.2.9 get lost.
  void simulate(UniqueFunction body) {
    run(
        [&] {
          SimulatedHost& client = world_.add_host("client");
          SimulatedHost& server = world_.add_host("server", {"192.0.2.1"});
          world_.cut(client, world_.add_host("hole", {"2001:db8::1", "192.0.2.9"}));
          Scope scope;
          {
            const OnHost there(server);
            scope.spawn([] {
              Listener listener = listen("*:25");
              for (;;) {
                listener.accept();
              }
            });
          }
          yield();
          const OnHost here(client);
          start_ = now();
          body();
          scope.cancel();
        },
        {.world = &world_});
  }
  Duration elapsed() const { return now() - start_; }

  const Address hole6_{"2001:db8::1", 25};
  const Address hole4_{"192.0.2.9", 25};
  const Address good_{"192.0.2.1", 25};
  Simulation world_{{.max_latency = 1ms}};
  TimePoint start_{};
};

TEST_F(HappyEyeballs, ADeadFamilyCostsOneDelay) {
  simulate([&] {
    Names names({hole6_, good_});
    EXPECT_EQ(connect("both", 25, 1min, {.resolver = &names}).peer_address(), good_);
    EXPECT_GE(elapsed(), 250ms);
    EXPECT_LT(elapsed(), 260ms);
  });
}

TEST_F(HappyEyeballs, FamiliesTakeTurns) {
  simulate([&] {
    Names names({hole4_, hole4_, good_, hole6_, hole6_, hole6_});
    EXPECT_EQ(connect("both", 25, 1min, {.attempt_delay = 100ms, .resolver = &names}).peer_address(), good_);
    EXPECT_GE(elapsed(), 500ms) << "6 4 6 4 6, then the good one";
    EXPECT_LT(elapsed(), 510ms);
  });
}

TEST_F(HappyEyeballs, IPv4WaitsAMomentForIPv6) {
  simulate([&] {
    Names names({hole6_, good_});
    names.delays[Family::ipv6] = 10s;
    EXPECT_EQ(connect("both", 25, 1min, {.resolver = &names}).peer_address(), good_);
    EXPECT_GE(elapsed(), 50ms);
    EXPECT_LT(elapsed(), 60ms);
  });
}

TEST_F(HappyEyeballs, AddressesFoundLaterJoinTheRace) {
  simulate([&] {
    Names names({hole6_, good_});
    names.delays[Family::ipv4] = 3s;
    EXPECT_EQ(connect("both", 25, 1min, {.resolver = &names}).peer_address(), good_);
    EXPECT_GE(elapsed(), 3s);
    EXPECT_LT(elapsed(), 3010ms);
  });
}

TEST_F(HappyEyeballs, TheDeadlineIsForAll) {
  simulate([&] {
    Names names({hole6_, hole4_});
    const Error error = thrown_by([&] { connect("both", 25, 2s, {.resolver = &names}); });
    EXPECT_EQ(error.errc(), Errc::timeout);
    EXPECT_THAT(
        std::string(error.what()),
        MatchesRegex("cannot connect to both port 25: .2001:db8::1.:25: .*timed out; 192.0.2.9:25: .*timed out"));
    EXPECT_GE(elapsed(), 2s);
    EXPECT_LT(elapsed(), 2001ms);
    names.delays = {{Family::ipv4, 1h}, {Family::ipv6, 1h}};
    EXPECT_EQ(thrown_by([&] { connect("both", 25, 2s, {.resolver = &names}); }).errc(), Errc::timeout);
    EXPECT_LT(elapsed(), 4002ms);
  });
}

TEST_F(HappyEyeballs, CanBeCanceled) {
  simulate([&] {
    Names names({hole6_, hole4_});
    Scope scope;
    Errc errc = Errc::system;
    scope.spawn([&] { errc = thrown_by([&] { connect("both", 25, {}, {.resolver = &names}); }).errc(); });
    sleep_for(1s);
    scope.cancel();
    scope.join();
    EXPECT_EQ(errc, Errc::canceled);
  });
}

TEST_F(HappyEyeballs, TheSimulatedWorldsNamesAreRacedToo) {
  world_.add_name("both", "192.0.2.1");
  world_.add_name("both", "2001:db8::1");
  simulate([&] {
    EXPECT_EQ(connect("both", 25, 1min).peer_address(), good_);
    EXPECT_LT(elapsed(), 300ms);
  });
}

}  // namespace
}  // namespace posthouse::net
