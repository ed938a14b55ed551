#include "posthouse/net/sim/simulation.h"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/testing.h"
#include "posthouse/net/udp/udp.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

void echo_in_time(Stream& stream) {
  while (stream.fill(1min)) {
    const std::string octets(stream.buffered());
    stream.consume(octets.size());
    stream.write(octets, 1min);
  }
}

/// `clients` connections to an echo server send `octets` each and read them back. Returns how many were served.
int echo_all(int clients, std::size_t octets) {
  int served = 0;
  Scope servers;
  auto listener = listen("127.0.0.1:7");
  servers.spawn([&] { serve(listener, echo_in_time); }, "server");
  Scope scope;
  for (int i = 0; i < clients; ++i) {
    scope.spawn(
        [&, i] {
          try {
            auto stream = connect("127.0.0.1", 7, 1min);
            const std::string sent(octets, static_cast<char>('a' + i));
            Scope writer;
            writer.spawn([&] {
              stream.write(sent, 1min);
              stream.shutdown_write();
            });
            if (stream.read_all(octets, 1min) == sent) {
              ++served;
            }
            writer.join();
          } catch (const Error&) {
          }
        },
        "client");
  }
  scope.join();
  listener.close();
  servers.join();
  return served;
}

// The clock ----------------------------------------------------------------------------------------------------------

TEST(Simulation, TimeJumpsWhenAllWait) {
  Simulation world({.start = std::chrono::sys_days{std::chrono::year{2031} / 2 / 3}});
  const auto real = std::chrono::steady_clock::now();
  run_in(world, [] {
    const TimePoint begin = now();
    const auto date = wall_now();
    EXPECT_EQ(std::chrono::floor<std::chrono::days>(date), std::chrono::sys_days{std::chrono::year{2031} / 2 / 3});
    sleep_for(48h);
    EXPECT_GE(now() - begin, 48h);
    EXPECT_LT(now() - begin, 48h + 1s);
    EXPECT_GE(wall_now() - date, 48h);
  });
  EXPECT_GE(world.elapsed(), 48h);
  EXPECT_LT(std::chrono::steady_clock::now() - real, 1min);
  EXPECT_EQ(World::current(), nullptr);
}

TEST(Simulation, TimersGoOffInTheirOrder) {
  Simulation world;
  std::vector<int> order;
  run_in(world, [&] {
    Scope scope;
    for (const int hours : {3, 1, 2}) {
      scope.spawn([&order, hours] {
        sleep_for(std::chrono::hours(hours));
        order.push_back(hours);
      });
    }
    scope.join();
  });
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Simulation, WhoOnlyLooksAtTheClockSeesItGo) {
  Simulation world;
  run_in(world, [] {
    const Deadline deadline(1ms);
    while (!deadline.expired()) {
      yield();
    }
  });
  EXPECT_GE(world.elapsed(), 1ms);
}

// Time and chance, but no network.
class Island final : public fiber::World {
 public:
  TimePoint now() noexcept override { return now_; }
  std::chrono::system_clock::time_point wall_now() noexcept override { return {}; }
  void random_bytes(std::span<char> out) override { std::fill(out.begin(), out.end(), '\0'); }
  std::size_t choose(std::size_t) noexcept override { return 0; }
  bool advance(TimePoint moment) noexcept override {
    now_ = moment;
    return true;
  }

 private:
  TimePoint now_{1h};
};

TEST(Simulation, AWorldWithoutANetworkHasNoConnections) {
  Island world;
  run(
      [] {
        EXPECT_EQ(error_of([] { static_cast<void>(listen("127.0.0.1:0")); }), Errc::invalid);
        EXPECT_EQ(error_of([] { connect(Address("127.0.0.1", 25)); }), Errc::invalid);
        EXPECT_EQ(error_of([] { static_cast<void>(UdpSocket::bind(Address("127.0.0.1", 0))); }), Errc::invalid);
        EXPECT_EQ(error_of([] { system_addresses("one.test", 25); }), Errc::invalid);
      },
      {.world = &world});
}

TEST(Simulation, BlockingCallsAreMadeAtOnce) {
  Simulation world;
  const auto thread = std::this_thread::get_id();
  run_in(world, [&] { EXPECT_TRUE(blocking([] { return std::this_thread::get_id(); }) == thread); });
}

// The order ----------------------------------------------------------------------------------------------------------

std::vector<int> order_of_ten(std::uint64_t seed, bool reorder) {
  Simulation world({.seed = seed, .reorder = reorder});
  std::vector<int> order;
  run_in(world, [&] {
    Scope scope;
    for (int i = 0; i < 10; ++i) {
      scope.spawn([&order, i] { order.push_back(i); });
    }
    scope.join();
  });
  return order;
}

TEST(Simulation, ChanceDecidesWhoRunsNext) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(order_of_ten(seed, true), order_of_ten(seed, true));
    orders.insert(order_of_ten(seed, true));
  }
  EXPECT_GT(orders.size(), 5U);
  EXPECT_EQ(order_of_ten(1, false), (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Simulation, OneSeedReplaysOneRun) {
  const auto hash_of = [](std::uint64_t seed) {
    Simulation world({.seed = seed, .reset = 0.005, .vanish = 0.001});
    run_in(world, [] { echo_all(5, 3000); });
    return std::pair(world.trace_hash(), world.elapsed());
  };
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto first = hash_of(seed);
    EXPECT_EQ(first, hash_of(seed)) << "seed " << seed;
    hashes.insert(first.first);
  }
  EXPECT_EQ(hashes.size(), 20U);
}

TEST(Simulation, RandomNumbersFollowFromTheSeed) {
  const auto drawn = [](std::uint64_t seed) {
    Simulation world({.seed = seed});
    std::string hex;
    run_in(world, [&] { hex = random_hex(16) + std::to_string(random_below(1'000'000)); });
    return hex;
  };
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
}

TEST(Simulation, TheTraceShowsEveryEvent) {
  std::string trace;
  Simulation world({.trace = [&](std::string_view line) { trace.append(line) += '\n'; }});
  run_in(world, [] { EXPECT_EQ(echo_all(1, 10), 1); });
  EXPECT_THAT(trace, HasSubstr("127.0.0.1:7: step 1: listen on\n"));
  EXPECT_THAT(trace, HasSubstr("connect to\n"));
  EXPECT_THAT(trace, HasSubstr("has written"));
  EXPECT_THAT(trace, HasSubstr("closes\n"));
}

// When nothing goes on -----------------------------------------------------------------------------------------------

TEST(Simulation, FibersThatWaitForEachOtherEndTheRun) {
  Simulation world;
  bool canceled = false;
  try {
    run_in(world, [&] {
      Event never;
      Scope scope;
      scope.spawn(
          [&] {
            try {
              never.wait();
            } catch (const Error& error) {
              canceled = is_canceled(error);
              Shield shield;
              sleep_for(1s);  // cleaning up takes its time
              throw;
            }
          },
          "one that waits");
      scope.join();
    });
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::timeout);
    EXPECT_THAT(error.what(), HasSubstr("wait for each other"));
    EXPECT_THAT(error.what(), HasSubstr("\"one that waits\" on loop 0 waits for an event (0x"));
    EXPECT_THAT(error.what(), HasSubstr("\"main\" on loop 0 waits for the fibers of a Scope"));
  }
  EXPECT_TRUE(canceled);
}

TEST(Simulation, AStuckRunSaysWhoWaitsForWhatFromWhom) {
  Simulation world;
  auto& server = world.add_host("mx.test", {"192.0.2.1"});
  try {
    run_in(world, [&] {
      Scope scope;
      Listener listener;
      {
        OnHost on(server);
        listener = listen("192.0.2.1:25");
        scope.spawn([&] { listener.accept().read_line(); }, "server");
        scope.spawn([] { UdpSocket::bind("192.0.2.1:53").receive_from(); }, "names");
        scope.spawn([&] { listen("192.0.2.1:26").accept(); }, "other");
      }
      Stream client = connect("mx.test", 25);
      client.read_line();
    });
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"main\" on loop 0 waits for input from 192.0.2.1:25; age "));
    EXPECT_THAT(error.what(), ::testing::ContainsRegex("\"server\" on loop 0 waits for input from [0-9a-f.:[]+"));
    EXPECT_THAT(error.what(), HasSubstr("\"names\" on loop 0 waits for a datagram (0x"));
    EXPECT_THAT(error.what(), HasSubstr("\"other\" on loop 0 waits for a connection (0x"));
  }
}

TEST(Simulation, ALockThatIsNeverGivenBackEndsTheRun) {
  if (fiber::detail::sanitized) {
    GTEST_SKIP() << "what stays on the abandoned stack would be reported as a leak";
  }
  static Mutex* mutex = nullptr;
  mutex = new Mutex;  // who waits for it stays on its stack for ever
  Simulation world;
  EXPECT_EQ(error_of([&] {
              run_in(world, [] {
                mutex->lock();
                mutex->lock();
              });
            }),
            Errc::timeout);
}

TEST(Simulation, TheTimeOfAWorldEnds) {
  Simulation world({.longest = 1h});
  int rounds = 0;
  try {
    run_in(world, [&] {
      for (;; ++rounds) {
        sleep_for(1min);
      }
    });
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("is over"));
  }
  EXPECT_NEAR(rounds, 59, 1);
}

TEST(Simulation, ErrorsOfTheProgramComeOut) {
  Simulation world;
  EXPECT_EQ(error_of([&] { run_in(world, [] { throw Error(Errc::too_long, "x"); }); }), Errc::too_long);
}

// Faults at single steps ---------------------------------------------------------------------------------------------

TEST(Simulation, EachStepCanMeetEachFault) {
  for (const SimulatedFault fault : all_simulated_faults) {
    std::uint64_t step = 1;
    for (;; ++step) {
      Simulation world({.fail_step = step, .fault = fault});
      try {
        run_in(world, [&] { EXPECT_TRUE(echo_all(1, 1000) == 1 || world.fault_met()); });
      } catch (const Error&) {
        EXPECT_TRUE(world.fault_met());
        continue;
      }
      if (!world.fault_met()) {
        break;
      }
      ASSERT_LT(step, 1000U);
    }
    EXPECT_GT(step, 8U) << to_string(fault);
  }
}

}  // namespace
}  // namespace posthouse::net
