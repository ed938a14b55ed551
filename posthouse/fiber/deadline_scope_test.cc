// Deadlines that nest, in fibers and in plain threads.
#include <atomic>
#include <csignal>

#include <gtest/gtest.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/signals.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/fiber/time.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;

// What `f` throws; Errc::system when it throws nothing.
template <class F>
Errc thrown_by(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.errc();
  }
  return Errc::system;
}

class DeadlineScopeTest : public ::testing::TestWithParam<bool> {
 protected:
  void both(UniqueFunction body) {
    if (GetParam()) {
      run(std::move(body));
    } else {
      body();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, DeadlineScopeTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST_P(DeadlineScopeTest, BoundsEveryKindOfWait) {
  both([] {
    Event event;
    Semaphore semaphore(0);
    Channel<int> channel;
    Mutex mutex;
    Condition condition;
    Signals signals({SIGUSR2});
    const DeadlineScope limit(5ms);
    EXPECT_EQ(thrown_by([] { sleep_for(1h); }), Errc::timeout);
    // These return at their own deadline; at the scope's they throw, or a loop around them would never end.
    EXPECT_EQ(thrown_by([&] { event.wait(1h); }), Errc::timeout);
    EXPECT_EQ(thrown_by([&] { semaphore.acquire(); }), Errc::timeout);
    EXPECT_EQ(thrown_by([&] { channel.receive(1h); }), Errc::timeout);
    EXPECT_EQ(thrown_by([&] { signals.wait(1h); }), Errc::timeout);
    std::unique_lock lock(mutex);
    EXPECT_EQ(thrown_by([&] { condition.wait(lock); }), Errc::timeout);
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_EQ(thrown_by([&] { mutex.try_lock_until(1h); }), Errc::timeout);
    // What need not wait still works.
    EXPECT_TRUE(channel.send(1));
    EXPECT_EQ(channel.receive(), 1);
  });
}

TEST_P(DeadlineScopeTest, TheEarliestWins) {
  both([] {
    Event never;
    const TimePoint start = now();
    {
      const DeadlineScope outer(10ms);
      {
        const DeadlineScope inner(1h);
        EXPECT_EQ(inner.deadline().moment(), outer.deadline().moment());
        EXPECT_FALSE(never.wait(1ms));  // its own deadline comes first
        EXPECT_EQ(thrown_by([&] { never.wait(); }), Errc::timeout);
      }
      EXPECT_GE(now() - start, 10ms);
    }
    {
      const DeadlineScope outer(1h);
      {
        const DeadlineScope inner(1ms);
        EXPECT_EQ(thrown_by([&] { never.wait(); }), Errc::timeout);
      }
      EXPECT_FALSE(never.wait(1ms));
    }
    EXPECT_FALSE(never.wait(1ms));
  });
}

TEST_P(DeadlineScopeTest, JoinCancelsWhatIsStillRunning) {
  both([] {
    std::atomic<bool> canceled = false;
    Scope scope;
    scope.spawn([&] {
      try {
        sleep_for(1h);  // not bound itself
      } catch (const Error& error) {
        canceled = error.errc() == Errc::canceled;
        throw;
      }
    });
    {
      const DeadlineScope limit(2ms);
      EXPECT_EQ(thrown_by([&] { scope.join(); }), Errc::timeout);
    }
    EXPECT_TRUE(canceled);
    EXPECT_EQ(scope.size(), 0u);
  });
}

TEST_P(DeadlineScopeTest, DoesNotReachIntoAShield) {
  both([] {
    const DeadlineScope limit(0s);
    {
      const Shield shield;
      sleep_for(1ms);
      const DeadlineScope inside(1ms);
      EXPECT_EQ(thrown_by([] { sleep_for(1h); }), Errc::timeout);
    }
    EXPECT_EQ(thrown_by([] { sleep_for(1ms); }), Errc::timeout);
  });
}

TEST_P(DeadlineScopeTest, CancellationSaysThatItIsOne) {
  both([] {
    Scope scope;
    scope.cancel();
    scope.spawn([] {
      const DeadlineScope limit(0s);
      EXPECT_EQ(thrown_by([] { sleep_for(1ms); }), Errc::canceled);
    });
    scope.join();
  });
}

TEST(DeadlineScope, IsOfItsFiberOnly) {
  run([] {
    Event never;
    Scope scope;
    scope.spawn([&] {
      const DeadlineScope limit(1ms);
      EXPECT_EQ(thrown_by([&] { never.wait(); }), Errc::timeout);
    });
    scope.spawn([&] { EXPECT_FALSE(never.wait(5ms)); });
    scope.join();
  });
}

}  // namespace
}  // namespace posthouse::fiber
