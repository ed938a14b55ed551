// Locks and channels: between fibers, threads, and fibers of several loops.
#include "posthouse/fiber/sync.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/time.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;

enum class Where { one_loop, three_loops, threads };

// Each check spawns its parties through spawn(), which spreads them.
class SyncTest : public ::testing::TestWithParam<Where> {
 protected:
  void everywhere(UniqueFunction body) {
    if (GetParam() == Where::threads) {
      body();
    } else {
      run(std::move(body), {.loops = GetParam() == Where::three_loops ? 3u : 1u});
    }
  }
  void spawn(Scope& scope, UniqueFunction f) { scope.spawn_on(next_++, std::move(f)); }
  unsigned next_ = 0;
};
std::string where_name(const ::testing::TestParamInfo<Where>& info) {
  const char* names[] = {"one_loop", "three_loops", "threads"};
  return names[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(All, SyncTest, ::testing::Values(Where::one_loop, Where::three_loops, Where::threads),
                         where_name);

TEST_P(SyncTest, MutexExcludes) {
  everywhere([this] {
    Mutex mutex;
    long plain = 0;
    Scope scope;
    for (int i = 0; i < 6; ++i) {
      spawn(scope, [&] {
        for (int round = 0; round < 300; ++round) {
          const std::lock_guard lock(mutex);
          const long before = plain;
          if (round % 16 == 0) {
            yield();
          }
          plain = before + 1;
        }
      });
    }
    scope.join();
    EXPECT_EQ(plain, 1800);
  });
}

TEST_P(SyncTest, MutexExpires) {
  everywhere([this] {
    Mutex mutex;
    mutex.lock();
    EXPECT_FALSE(mutex.try_lock());
    Scope scope;
    spawn(scope, [&] { EXPECT_FALSE(mutex.try_lock_until(1ms)); });
    scope.join();
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock_until(1ms));
    mutex.unlock();
  });
}

TEST_P(SyncTest, ConditionWakes) {
  everywhere([this] {
    Mutex mutex;
    Condition condition;
    int stage = 0;
    Scope scope;
    for (int i = 0; i < 4; ++i) {
      spawn(scope, [&, i] {
        std::unique_lock lock(mutex);
        EXPECT_TRUE(condition.wait(lock, {}, [&] { return stage == i; }));
        ++stage;
        condition.notify_all();
      });
    }
    scope.join();
    EXPECT_EQ(stage, 4);
    std::unique_lock lock(mutex);
    EXPECT_FALSE(condition.wait(lock, 1ms));
    EXPECT_FALSE(condition.wait(lock, 1ms, [] { return false; }));
  });
}

TEST_P(SyncTest, EventStaysSet) {
  everywhere([this] {
    Event event;
    EXPECT_FALSE(event.wait(1ms));
    std::atomic<int> woken = 0;
    Scope scope;
    for (int i = 0; i < 5; ++i) {
      spawn(scope, [&] {
        EXPECT_TRUE(event.wait(10s));
        ++woken;
      });
    }
    yield();
    event.set();
    scope.join();
    EXPECT_EQ(woken, 5);
    EXPECT_TRUE(event.is_set());
    EXPECT_TRUE(event.wait());
    event.reset();
    EXPECT_FALSE(event.is_set());
  });
}

TEST_P(SyncTest, SemaphoreBounds) {
  everywhere([this] {
    Semaphore semaphore(3);
    std::atomic<int> inside = 0;
    Scope scope;
    for (int i = 0; i < 12; ++i) {
      spawn(scope, [&] {
        for (int round = 0; round < 20; ++round) {
          EXPECT_TRUE(semaphore.acquire());
          EXPECT_LE(++inside, 3);
          yield();
          --inside;
          semaphore.release();
        }
      });
    }
    scope.join();
    EXPECT_EQ(semaphore.available(), 3u);
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_TRUE(semaphore.acquire(1ms));
    EXPECT_TRUE(semaphore.acquire(1ms));
    EXPECT_FALSE(semaphore.acquire(1ms));
    EXPECT_FALSE(semaphore.try_acquire());
  });
}

TEST_P(SyncTest, ChannelCarriesEverythingOnce) {
  everywhere([this] {
    Channel<int> channel(4);
    std::atomic<long> sum = 0, count = 0, writers = 4;
    Scope scope;
    for (int i = 0; i < 4; ++i) {
      spawn(scope, [&, i] {
        for (int k = 0; k < 500; ++k) {
          EXPECT_TRUE(channel.send(i * 500 + k));
        }
        if (--writers == 0) {
          channel.close();
        }
      });
      spawn(scope, [&] {
        while (const auto item = channel.receive()) {
          sum += *item;
          ++count;
        }
      });
    }
    scope.join();
    EXPECT_EQ(count, 2000);
    EXPECT_EQ(sum, 1999 * 1000);
    EXPECT_FALSE(channel.send(1));
    EXPECT_EQ(channel.receive(), std::nullopt);
  });
}

TEST_P(SyncTest, ChannelExpires) {
  everywhere([] {
    Channel<std::string> channel;
    EXPECT_EQ(channel.receive(1ms), std::nullopt);
    EXPECT_FALSE(channel.closed());
    EXPECT_TRUE(channel.send("a", 1ms));
    EXPECT_FALSE(channel.send("b", 1ms));
    EXPECT_EQ(channel.size(), 1u);
    channel.close();
    EXPECT_EQ(channel.receive(), "a");
    EXPECT_EQ(channel.receive(), std::nullopt);
  });
}

TEST_P(SyncTest, WaitsEndByCancellation) {
  everywhere([this] {
    Mutex mutex;
    Condition condition;
    Event event;
    Semaphore semaphore(0);
    Channel<int> channel;
    std::atomic<int> canceled = 0;
    Scope scope;
    const auto expect_cancel = [&](auto wait) {
      spawn(scope, [&canceled, wait] {
        try {
          wait();
          ADD_FAILURE();
        } catch (const Error& error) {
          if (error.errc() == Errc::canceled) {
            ++canceled;
          }
        }
      });
    };
    expect_cancel([&] {
      std::unique_lock lock(mutex);
      try {
        condition.wait(lock);
      } catch (...) {
        EXPECT_TRUE(lock.owns_lock());
        throw;
      }
    });
    expect_cancel([&] { event.wait(); });
    expect_cancel([&] { semaphore.acquire(); });
    expect_cancel([&] { channel.receive(); });
    sleep_for(1ms);
    scope.cancel();
    scope.join();
    EXPECT_EQ(canceled, 4);
  });
}

// A lost wake-up would hang this, a stale one would break it; ThreadSanitizer watches.
TEST(Wakeups, BetweenThreadsAndLoopsAreNeverLost) {
  run(
      [] {
        constexpr int rounds = 2000;
        Channel<int> there(1), back(1);
        std::thread outside([&] {
          while (const auto item = there.receive()) {
            back.send(*item + 1);
          }
        });
        Scope scope;
        scope.spawn_on(1, [&] {
          for (int i = 0; i < rounds; ++i) {
            EXPECT_TRUE(there.send(i));
            EXPECT_EQ(back.receive(), i + 1);
          }
        });
        Channel<int> ping(1), pong(1);
        scope.spawn_on(0, [&] {
          for (int i = 0; i < rounds; ++i) {
            ping.send(i);
            EXPECT_EQ(pong.receive(), i);
          }
          ping.close();
        });
        scope.spawn_on(1, [&] {
          while (const auto item = ping.receive()) {
            pong.send(*item);
          }
        });
        scope.join();
        there.close();
        outside.join();
      },
      {.loops = 2});
}

// Waits that end by expiry at the very moment they are notified: each notification is used or passed on.
TEST(Wakeups, RaceWithDeadlines) {
  run(
      [] {
        Semaphore semaphore(0);
        std::atomic<int> got = 0;
        Scope scope;
        for (unsigned i = 0; i < 8; ++i) {
          scope.spawn_on(i, [&] {
            for (int round = 0; round < 200; ++round) {
              if (semaphore.acquire(std::chrono::microseconds(round % 50))) {
                ++got;
              }
            }
          });
        }
        int given = 0;
        for (int i = 0; i < 1000; ++i) {
          semaphore.release();
          ++given;
          if (i % 8 == 0) {
            sleep_for(20us);
          }
        }
        scope.join();
        EXPECT_EQ(static_cast<std::size_t>(given), static_cast<std::size_t>(got) + semaphore.available());
      },
      {.loops = 2});
}

TEST(Wakeups, FibersComeAndGoWhileTheyAreWoken) {
  run(
      [] {
        Scope scope;
        for (int round = 0; round < 300; ++round) {
          auto event = std::make_shared<Event>();
          for (unsigned i = 0; i < 3; ++i) {
            scope.spawn_on(i, [event, i] { event->wait(i == 2 ? Deadline(10us) : Deadline()); });
          }
          scope.spawn_on(static_cast<unsigned>(round), [event] { event->set(); });
        }
        scope.join();
      },
      {.loops = 2});
}

}  // namespace
}  // namespace posthouse::fiber
