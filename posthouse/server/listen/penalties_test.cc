#include "posthouse/server/listen/penalties.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/net/sim/simulation.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

void in_a_world(const std::function<void()>& test) {
  net::Simulation world;
  fiber::run(test, {.world = &world});
}

TEST(Penalties, GrowWithFaultsAndAreForgotten) {
  in_a_world([] {
    Penalties penalties;
    EXPECT_EQ(penalties.delay("a"), 0s);
    const fiber::Duration expected[] = {0s, 1s, 2s, 4s, 8s, 15s, 15s};
    for (const fiber::Duration delay : expected) {
      penalties.add("a");
      EXPECT_EQ(penalties.delay("a"), delay);
    }
    EXPECT_EQ(penalties.delay("b"), 0s);
    fiber::sleep_for(61s);
    EXPECT_EQ(penalties.faults("a"), 6U);
    for (int i = 0; i < 100; ++i) {
      penalties.add("a");
    }
    EXPECT_EQ(penalties.faults("a"), 10U) << "ten minutes later all is forgotten, whatever it was";
    fiber::sleep_for(8min + 1s);
    EXPECT_EQ(penalties.delay("a"), 1s);
    fiber::sleep_for(2min);
    EXPECT_EQ(penalties.faults("a"), 0U);
  });
}

TEST(Penalties, RulesCanChange) {
  in_a_world([] {
    Penalties penalties;
    for (int i = 0; i < 10; ++i) {
      penalties.add("a");
    }
    penalties.set_rules({.most = 3s});
    EXPECT_EQ(penalties.delay("a"), 3s);
    penalties.set_rules({.most = 0s});
    EXPECT_EQ(penalties.delay("a"), 0s);
  });
}

TEST(Penalties, MemoryIsBoundedAndTheLatestStay) {
  Penalties penalties;
  penalties.add("first");
  for (std::size_t i = 0; i < 2 * Penalties::most_origins; ++i) {
    penalties.add("crowd" + std::to_string(i));
    if (i % 1000 == 0) {
      penalties.add("guesser");
    }
  }
  EXPECT_EQ(penalties.size(), Penalties::most_origins);
  EXPECT_EQ(penalties.faults("first"), 0U);
  EXPECT_EQ(penalties.faults("guesser"), 10U);
}

}  // namespace
}  // namespace posthouse::server
