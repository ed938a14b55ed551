#include "posthouse/fiber/interruption.h"

#include <thread>

#include <gtest/gtest.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;

TEST(Interruption, EndsAWaitFromAnotherThread) {
  run([] {
    Interruption news;
    Event never;
    std::thread teller([&] { news.set(); });
    EXPECT_FALSE(news.run([&] { never.wait(); }));
    teller.join();
  });
}

TEST(Interruption, EndsAWaitOfAPlainThread) {
  Interruption news;
  Event never;
  std::thread teller([&] { news.set(); });
  EXPECT_FALSE(news.run([&] { never.wait(); }));
  teller.join();
}

TEST(Interruption, IsKeptForTheNextWaitAndHeardOnce) {
  run([] {
    Interruption news;
    Event never, now;
    now.set();
    news.set();
    EXPECT_FALSE(never.wait(Deadline::after(1ms)));  // waits elsewhere are left alone
    EXPECT_FALSE(news.run([&] { never.wait(); }));
    EXPECT_TRUE(news.run([&] { now.wait(); }));
  });
}

TEST(Interruption, CancellationGoesOnPassing) {
  run([] {
    Scope scope;
    bool canceled = false;
    scope.spawn([&] {
      Interruption news;
      Event never;
      try {
        news.run([&] { never.wait(); });
      } catch (const Error& error) {
        canceled = error.errc() == Errc::canceled;
      }
    });
    yield();
    scope.cancel();
    scope.join();
    EXPECT_TRUE(canceled);
  });
}

TEST(Interruption, WhatTheWaitThrowsPasses) {
  Interruption news;
  EXPECT_THROW(news.run([] { throw 7; }), int);
  Event never;
  EXPECT_FALSE(never.wait(Deadline::after(1ms)));
}

}  // namespace
}  // namespace posthouse::fiber
