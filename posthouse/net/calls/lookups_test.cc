// Look-ups that hang: what does not depend on them goes on.
#include <string>

#include <gtest/gtest.h>

#include "posthouse/net/calls/system_calls.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/testing.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;

constexpr int most = 64;  // that are waited for at a time

void look_up_stuck(const std::string& name, Deadline deadline) {
  EXPECT_EQ(error_of([&] { system_addresses(name, 80, deadline); }), Errc::timeout);
}

TEST(StuckLookups, DoNotKeepTheirPlacesBeyondTheirDeadlines) {
  const testing::StuckLookups stuck("places");
  run([&] {
    for (int round = 0; round < 3; ++round) {
      Scope scope;
      for (int i = 0; i < most; ++i) {
        scope.spawn([i] { look_up_stuck(std::to_string(i) + ".places.stuck.test", 50ms); });
      }
      scope.join();
    }
    // All of them hang still, and yet there is a place.
    EXPECT_EQ(error_of([] { system_addresses("no-such-host.invalid", 80, 60s); }), Errc::name_not_found);
  });
}

TEST(StuckLookups, DoNotHoldUpLocalhostAndLiterals) {
  const testing::StuckLookups stuck("others");
  run([&] {
    Scope scope;
    for (int i = 0; i < most; ++i) {
      scope.spawn([i] {
        static_cast<void>(error_of([&] { system_addresses(std::to_string(i) + ".others.stuck.test", 80); }));
      });
    }
    while (stuck.count() < most) {
      sleep_for(1ms);
    }
    EXPECT_FALSE(system_addresses("localhost", 80, 60s).empty());
    EXPECT_EQ(system_addresses("192.0.2.1", 80, 60s).at(0), Address("192.0.2.1", 80));
    look_up_stuck("late.others.stuck.test", 10ms);  // no place is left for this one
    EXPECT_EQ(stuck.count(), static_cast<std::size_t>(most));
    scope.cancel();
  });
}

}  // namespace
}  // namespace posthouse::net
