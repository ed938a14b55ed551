// Fibers, scopes, cancellation, time, blocking calls.
#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/fiber/engine/sanitizers.h"
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

TEST(Run, ReturnsAndRethrows) {
  bool ran = false;
  run([&] {
    EXPECT_TRUE(in_fiber());
    EXPECT_EQ(loop_count(), 1u);
    ran = true;
  });
  EXPECT_TRUE(ran);
  EXPECT_FALSE(in_fiber());
  EXPECT_THROW(run([] { throw std::out_of_range("main"); }), std::out_of_range);
}

TEST(Run, CannotBeNested) {
  run([] { EXPECT_THROW(run([] {}), Error); });
}

TEST(Run, WorksInSeveralThreadsAtOnce) {
  std::atomic<int> done = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      run([&] {
        sleep_for(1ms);
        ++done;
      });
    });
  }
  threads.clear();
  EXPECT_EQ(done, 4);
}

TEST(Fibers, TakeTurns) {
  run([] {
    std::string order;
    Scope scope;
    for (const char c : {'a', 'b', 'c'}) {
      scope.spawn([&order, c] {
        for (int i = 0; i < 3; ++i) {
          order += c;
          yield();
        }
      });
    }
    scope.join();
    EXPECT_EQ(order, "abcabcabc");
  });
}

TEST(Fibers, ThereMayBeMany) {
  run([] {
    Scope scope;
    Event go;
    int count = 0;
    const int many = detail::sanitized ? 500 : 50'000;
    for (int i = 0; i < many; ++i) {
      scope.spawn([&] {
        go.wait();
        sleep_for(1us);
        ++count;
      });
    }
    yield();
    go.set();
    scope.join();
    EXPECT_EQ(count, many);
  });
}

// The C++ run-time keeps the exceptions being handled per thread; each fiber must see its own.
TEST(Fibers, MaySwitchWhileAnExceptionIsHandled) {
  run([] {
    Scope scope;
    for (int i = 0; i < 50; ++i) {
      scope.spawn([i] {
        for (int round = 0; round < 5; ++round) {
          try {
            throw std::runtime_error(std::to_string(i));
          } catch (const std::exception& outer) {
            yield();
            try {
              sleep_for(std::chrono::microseconds(random_below(200)));
              throw std::logic_error("inner " + std::to_string(i));
            } catch (const std::exception& inner) {
              yield();
              EXPECT_EQ(inner.what(), "inner " + std::to_string(i));
            }
            try {
              yield();
              throw;
            } catch (const std::runtime_error& again) {
              EXPECT_EQ(again.what(), std::to_string(i));
            }
            EXPECT_EQ(outer.what(), std::to_string(i));
          }
          EXPECT_EQ(std::uncaught_exceptions(), 0);
        }
      });
    }
    scope.join();
  });
}

TEST(Fibers, MaySwitchWhileAnExceptionIsThrown) {
  struct Yields {
    int expected;
    ~Yields() {
      yield();
      EXPECT_EQ(std::uncaught_exceptions(), expected);
    }
  };
  run([] {
    Scope scope;
    for (int i = 0; i < 20; ++i) {
      scope.spawn([i] {
        try {
          const Yields guard{i % 2};
          yield();
          if (i % 2 == 1) {
            throw i;
          }
        } catch (const int caught) {
          EXPECT_EQ(caught, i);
        }
      });
    }
    scope.join();
  });
}

int dig(int depth) {
  volatile char block[1000];
  block[0] = static_cast<char>(depth);
  return depth == 0 ? block[0] : dig(depth - 1) + block[0];
}

TEST(FibersDeathTest, AnOverflowIsReportedWithTheFibersName) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(run([] {
                 Scope scope;
                 scope.spawn([] { EXPECT_NE(dig(100'000), 1); }, "digger");
                 scope.join();
               }),
               detail::sanitized ? "" : "the stack of fiber \"digger\" has overflowed");
}

TEST(Loops, RunFibersOnTheirThreads) {
  run(
      [] {
        EXPECT_EQ(loop_count(), 3u);
        const auto here = std::this_thread::get_id();
        std::vector<std::thread::id> threads(3);
        Scope scope;
        for (unsigned i = 0; i < 3; ++i) {
          scope.spawn_on(i, [&, i] {
            threads[i] = std::this_thread::get_id();
            EXPECT_EQ(this_loop(), i);
            sleep_for(1ms);
            yield();
            EXPECT_EQ(threads[i], std::this_thread::get_id());
          });
        }
        scope.join();
        EXPECT_EQ(threads[0], here);
        EXPECT_NE(threads[1], here);
        EXPECT_NE(threads[1], threads[2]);
      },
      {.loops = 3});
}

// Everything below must do the same in a fiber and in a plain thread.
class RuntimeTest : public ::testing::TestWithParam<bool> {
 protected:
  void both(UniqueFunction body, RunOptions options = {}) {
    if (GetParam()) {
      run(std::move(body), options);
    } else {
      body();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, RuntimeTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST_P(RuntimeTest, SleepTakesAtLeastItsTime) {
  both([] {
    const TimePoint start = now();
    sleep_for(3ms);
    EXPECT_GE(now() - start, 3ms);
    sleep_until(start);
    sleep_for(-1s);
  });
}

TEST_P(RuntimeTest, SleepersWakeInOrder) {
  both([] {
    Channel<int> order(10);
    const TimePoint start = now() + 50ms;
    Scope scope;
    for (const int i : {3, 1, 4, 2, 5}) {
      scope.spawn([&, i] {
        sleep_until(start + i * 20ms);
        order.send(i);
      });
    }
    scope.join();
    std::vector<int> woken;
    for (int i = 1; i <= 5; ++i) {
      woken.push_back(*order.receive());
    }
    if (!in_fiber()) {
      // Of several threads whose time has come while the machine was busy, the system chooses the first.
      std::sort(woken.begin(), woken.end());
    }
    EXPECT_EQ(woken, (std::vector<int>{1, 2, 3, 4, 5}));
  });
}

TEST_P(RuntimeTest, JoinWaitsForAll) {
  both([] {
    std::atomic<int> done = 0;
    Scope scope;
    for (int i = 0; i < 10; ++i) {
      scope.spawn([&, i] {
        sleep_for(std::chrono::microseconds(i * 100));
        ++done;
      });
    }
    scope.join();
    EXPECT_EQ(done, 10);
    EXPECT_EQ(scope.size(), 0u);
    scope.join();
    scope.spawn([&] { ++done; });
    scope.join();
    EXPECT_EQ(done, 11);
  });
}

TEST_P(RuntimeTest, TheFirstErrorCancelsTheOthersAndIsRethrown) {
  both([] {
    std::atomic<int> canceled = 0;
    Scope scope;
    for (int i = 0; i < 3; ++i) {
      scope.spawn([&] {
        try {
          sleep_for(1h);
        } catch (const Error& error) {
          if (error.errc() == Errc::canceled) {
            ++canceled;
          }
          throw;
        }
      });
    }
    scope.spawn([] { throw std::out_of_range("first"); });
    try {
      scope.join();
      ADD_FAILURE();
    } catch (const std::out_of_range& error) {
      EXPECT_STREQ(error.what(), "first");
    }
    EXPECT_EQ(canceled, 3);
    EXPECT_FALSE(scope.canceled());
  });
}

TEST_P(RuntimeTest, TheDestructorCancelsAndWaits) {
  both([] {
    std::atomic<bool> ended = false;
    {
      Scope scope;
      scope.spawn([&] {
        try {
          sleep_for(1h);
        } catch (const Error&) {
          const Shield shield;
          sleep_for(2ms);
          ended = true;
          throw std::runtime_error("dropped");
        }
      });
    }
    EXPECT_TRUE(ended);
  });
}

TEST_P(RuntimeTest, CancellationGoesDownThroughScopes) {
  both([] {
    std::atomic<int> canceled = 0;
    Event deep;
    Scope outer;
    outer.spawn([&] {
      Scope middle;
      middle.spawn([&] {
        Scope inner;
        inner.spawn([&] {
          deep.set();
          try {
            sleep_for(1h);
          } catch (const Error&) {
            ++canceled;
            throw;
          }
        });
        inner.join();
      });
      try {
        middle.join();
      } catch (const Error& error) {
        EXPECT_EQ(error.errc(), Errc::canceled);
        ++canceled;
        throw;
      }
    });
    EXPECT_TRUE(deep.wait(10s));
    outer.cancel();
    outer.join();
    EXPECT_EQ(canceled, 2);
  });
}

TEST_P(RuntimeTest, ACanceledScopeStartsFibersCanceled) {
  both([] {
    Scope scope;
    scope.cancel();
    bool canceled = false;
    scope.spawn([&] {
      EXPECT_TRUE(cancel_requested());
      try {
        throw_if_canceled();
      } catch (const Error& error) {
        canceled = is_canceled(error);
      }
    });
    scope.join();
    EXPECT_TRUE(canceled);
  });
}

TEST_P(RuntimeTest, BlockingReturnsAndThrows) {
  both([] {
    const auto here = std::this_thread::get_id();
    const bool fiber = in_fiber();
    EXPECT_EQ(blocking([&] {
                EXPECT_EQ(std::this_thread::get_id() != here, fiber);
                EXPECT_FALSE(in_fiber());
                return std::make_unique<int>(7);
              }).operator*(),
              7);
    int touched = 0;
    blocking([&] { touched = 1; });
    EXPECT_EQ(touched, 1);
    EXPECT_THROW(blocking([]() -> int { throw std::out_of_range("there"); }), std::out_of_range);
  });
}

TEST(Blocking, LetsTheLoopGoOn) {
  run([] {
    std::atomic<bool> go = false;
    Scope scope;
    scope.spawn([&] { blocking([&] { go.wait(false); }); });
    sleep_for(1ms);
    go = true;
    go.notify_all();
    scope.join();
  });
}

TEST(Blocking, ManyShareFewThreads) {
  run(
      [] {
        std::atomic<int> at_once = 0, most = 0, done = 0;
        Scope scope;
        for (int i = 0; i < 200; ++i) {
          scope.spawn([&] {
            blocking([&] {
              const int current = ++at_once;
              int seen = most.load();
              while (seen < current && !most.compare_exchange_weak(seen, current)) {
              }
              std::this_thread::yield();
              --at_once;
            });
            ++done;
          });
        }
        scope.join();
        EXPECT_EQ(done, 200);
        EXPECT_LE(most, 3);
      },
      {.blocking_threads = 3});
}

TEST(Blocking, IsNotInterruptedByCancellation) {
  run([] {
    Event started;
    std::atomic<bool> finished = false;
    Scope scope;
    scope.spawn([&] {
      blocking([&] {
        started.set();
        sleep_for(5ms);
        finished = true;
      });
      EXPECT_TRUE(finished);
      EXPECT_THROW(sleep_for(1ms), Error);
    });
    started.wait();
    scope.cancel();
    scope.join();
  });
}

TEST(Deadline, Arithmetic) {
  EXPECT_TRUE(Deadline().is_never());
  EXPECT_FALSE(Deadline().expired());
  EXPECT_EQ(Deadline().remaining(), Duration::max());
  EXPECT_TRUE(Deadline(0s).expired());
  EXPECT_TRUE(Deadline(-1h).expired());
  EXPECT_EQ(Deadline(-1h).remaining(), Duration::zero());
  EXPECT_FALSE(Deadline(1h).expired());
  EXPECT_TRUE(Deadline(std::chrono::hours::max()).is_never());
  EXPECT_TRUE(Deadline(Duration::max()).is_never());
  const auto soon = Deadline::at(now()), late = Deadline::after(1h);
  EXPECT_EQ(Deadline::earlier(soon, late).moment(), soon.moment());
  EXPECT_EQ(Deadline::earlier(Deadline(), late).moment(), late.moment());
}

TEST(Random, Differs) {
  EXPECT_EQ(random_hex(16).size(), 32u);
  EXPECT_NE(random_hex(16), random_hex(16));
  for (int i = 0; i < 100; ++i) {
    EXPECT_LT(random_below(3), 3u);
  }
}

}  // namespace
}  // namespace posthouse::fiber
