// A run whose time, chance and turns come from a World.
#include "posthouse/fiber/world.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/random.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/fiber/time.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;

// Its time jumps, its chance is none, and the last of those that are ready runs first.
class Backwards final : public World {
 public:
  TimePoint now() noexcept override { return now_; }
  std::chrono::system_clock::time_point wall_now() noexcept override {
    return std::chrono::sys_days{std::chrono::year{2031} / 2 / 3};
  }
  void random_bytes(std::span<char> out) override { std::fill(out.begin(), out.end(), '\x2a'); }
  std::size_t choose(std::size_t ready) noexcept override { return ready - 1; }
  bool advance(TimePoint moment) noexcept override {
    now_ = moment;
    return true;
  }

 private:
  TimePoint now_{1h};
};

TEST(World, GivesTimeAndChance) {
  Backwards world;
  const TimePoint before = now();
  run(
      [&] {
        EXPECT_EQ(World::current(), &world);
        EXPECT_EQ(now(), TimePoint(1h));
        sleep_for(24h);
        EXPECT_EQ(now(), TimePoint(25h));
        EXPECT_EQ(wall_now(), std::chrono::sys_days{std::chrono::year{2031} / 2 / 3});
        EXPECT_EQ(random_hex(3), "2a2a2a");
      },
      {.world = &world});
  EXPECT_EQ(World::current(), nullptr);
  EXPECT_LT(now() - before, 24h);
}

TEST(World, ChoosesWhoRunsNext) {
  Backwards world;
  std::string order;
  run(
      [&] {
        Scope scope;
        for (const char name : {'a', 'b', 'c'}) {
          scope.spawn([&order, name] { order += name; });
        }
        scope.join();
      },
      {.world = &world});
  EXPECT_EQ(order, "cba");
}

TEST(World, FibersThatWaitForEachOtherAreToldOf) {
  Backwards world;
  std::string said;
  try {
    run(
        [] {
          Event never;
          never.wait();
        },
        {.world = &world});
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::timeout);
    said = error.what();
  }
  EXPECT_THAT(said, ::testing::HasSubstr("all fibers wait for each other:\n  \"main\" on loop 0 waits for an event"));
}

}  // namespace
}  // namespace posthouse::fiber
