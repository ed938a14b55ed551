// Variables of which each fiber and thread has its own.
#include "posthouse/fiber/fiber_local.h"

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/time.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;

FiberLocal<int> number;

TEST(FiberLocal, EachFiberHasItsOwn) {
  run(
      [] {
        Scope scope;
        for (int i = 0; i < 30; ++i) {
          scope.spawn_on(static_cast<unsigned>(i), [i] {
            EXPECT_EQ(*number, 0);
            *number = i;
            for (int round = 0; round < 5; ++round) {
              yield();
              EXPECT_EQ(*number, i);
            }
          });
        }
        scope.join();
        EXPECT_EQ(number.find(), nullptr);
      },
      {.loops = 2});
}

TEST(FiberLocal, EachThreadHasItsOwn) {
  *number = 7;
  std::thread([] {
    EXPECT_EQ(number.find(), nullptr);
    *number = 8;
  }).join();
  run([] { EXPECT_EQ(*number, 0); });
  EXPECT_EQ(*number, 7);
  Scope scope;
  scope.spawn([] { EXPECT_EQ(*number, 0); });
  scope.join();
}

struct Counted {
  explicit Counted(std::atomic<int>& count) : alive(count) { ++alive; }
  Counted(Counted&& other) noexcept : alive(other.alive) { ++alive; }
  ~Counted() { --alive; }
  std::atomic<int>& alive;
};

TEST(FiberLocal, ValuesGoBeforeTheirFiberIsJoined) {
  for (const bool fibers : {true, false}) {
    std::atomic<int> alive = 0;
    const auto body = [&] {
      std::optional<FiberLocal<Counted>> local;
      local.emplace([&] { return Counted(alive); });
      Scope scope;
      for (int i = 0; i < 5; ++i) {
        scope.spawn([&] {
          EXPECT_GT(local->get().alive, 0);
          EXPECT_EQ(&local->get(), local->find());
        });
      }
      scope.spawn([&] {
        local->get();
        throw std::out_of_range("ends by an error");
      });
      EXPECT_THROW(scope.join(), std::out_of_range);
      EXPECT_EQ(alive, 0);
      local->get();
      local.reset();  // values outlive it
      EXPECT_EQ(alive, 1);
    };
    if (fibers) {
      run(body);
    } else {
      std::thread(body).join();
    }
    EXPECT_EQ(alive, 0);
  }
}

TEST(FiberLocal, WhatMakingThrowsIsThrown) {
  FiberLocal<int> local([]() -> int { throw std::runtime_error("cannot"); });
  EXPECT_THROW(local.get(), std::runtime_error);
  EXPECT_EQ(local.find(), nullptr);
}

TEST(FiberLocal, DestructorsMayUseOthers) {
  static FiberLocal<std::string> log;
  struct Last {
    ~Last() { *log += "gone"; }
  };
  static FiberLocal<Last> last;
  run([] {
    Scope scope;
    scope.spawn([] { last.get(); });
    scope.join();
    EXPECT_EQ(*log, "");
  });
}

}  // namespace
}  // namespace posthouse::fiber
