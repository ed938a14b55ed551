// What is said of fibers that run and wait.
#include "posthouse/fiber/dump.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/sync.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

FiberInfo the_fiber(const std::string& name) {
  for (FiberInfo& fiber : list_fibers().fibers) {
    if (fiber.name == name) {
      return std::move(fiber);
    }
  }
  ADD_FAILURE() << name << " is not listed";
  return {};
}

TEST(Dump, SaysWhatFibersWaitFor) {
  run([] {
    Mutex mutex;
    const std::lock_guard held(mutex);
    Event never;
    Channel<int> channel;
    Scope scope;
    scope.spawn([&] { sleep_for(1h); }, "sleeper");
    scope.spawn([&] { mutex.try_lock_until(1h); }, "locker");
    scope.spawn([&] { never.wait(); }, "waiter");
    scope.spawn([&] { channel.receive(); }, "receiver");
    yield();
    scope.spawn([] {}, "beginner");

    const FiberInfo sleeper = the_fiber("sleeper");
    EXPECT_EQ(sleeper.state, FiberInfo::State::parked);
    EXPECT_EQ(sleeper.waits_for, "the time");
    ASSERT_TRUE(sleeper.expires_in);
    EXPECT_GT(*sleeper.expires_in, 50min);
    EXPECT_EQ(the_fiber("locker").waits_for, "a mutex");
    EXPECT_NE(the_fiber("locker").object, nullptr);
    EXPECT_EQ(the_fiber("waiter").waits_for, "an event");
    EXPECT_FALSE(the_fiber("waiter").expires_in);
    EXPECT_EQ(the_fiber("receiver").waits_for, "an item of a channel");
    EXPECT_EQ(the_fiber("beginner").state, FiberInfo::State::ready);
    EXPECT_EQ(the_fiber("main").state, FiberInfo::State::running);

    const std::string text = dump_fibers();
    EXPECT_THAT(text, HasSubstr("6 fibers\n"));
    EXPECT_THAT(text, HasSubstr("\"main\" on loop 0 runs;"));
    EXPECT_THAT(text,
                ContainsRegex("\"waiter\" on loop 0 waits for an event \\(0x[0-9a-f]+\\); age 0\\.[0-9]+ s, stack "));
    scope.cancel();
    scope.join();
    EXPECT_THAT(dump_fibers(), HasSubstr("1 fiber\n"));
  });
}

TEST(Dump, ReachesAllLoopsFromFibersAndThreads) {
  run(
      [] {
        Event never;
        Scope scope;
        for (unsigned i = 0; i < 6; ++i) {
          scope.spawn_on(i, [&] { never.wait(); }, "fiber " + std::to_string(i));
        }
        const auto check = [] {
          const FiberList list = list_fibers();
          EXPECT_TRUE(list.silent_loops.empty());
          EXPECT_EQ(std::count_if(list.fibers.begin(), list.fibers.end(),
                                  [](const FiberInfo& fiber) {
                                    return fiber.name.starts_with("fiber ") &&
                                           fiber.loop == static_cast<unsigned>(fiber.name[6] - '0') % 3;
                                  }),
                    6);
        };
        check();
        blocking(check);
        Scope dumpers;
        for (unsigned i = 0; i < 3; ++i) {
          dumpers.spawn_on(i, check);
        }
        dumpers.join();
        scope.cancel();
        scope.join();
      },
      {.loops = 3});
}

TEST(Dump, ALoopThatIsBusyIsNamed) {
  run(
      [] {
        std::atomic<bool> go = false;
        Event started;
        Scope scope;
        scope.spawn_on(1, [&] {
          started.set();
          go.wait(false);  // blocks its thread, as it should not
        });
        started.wait();
        EXPECT_EQ(list_fibers().silent_loops, std::vector<unsigned>{1});
        EXPECT_THAT(dump_fibers(), HasSubstr("loop 1 does not answer"));
        go = true;
        go.notify_all();
        scope.join();
      },
      {.loops = 2});
}

TEST(Dump, TellsHowMuchOfAStackWasUsed) {
  run([] {
    Event never;
    Scope scope;
    scope.spawn(
        [&] {
          volatile char block[20'000];
          block[0] = 1;
          never.wait();
          block[1] = block[0];
        },
        "deep");
    yield();
    const FiberInfo deep = the_fiber("deep");
    EXPECT_GE(deep.stack_used, 20'000u);
    EXPECT_LE(deep.stack_used, deep.stack_size);
    scope.cancel();
    scope.join();
  });
}

TEST(Dump, OutsideOfARunNothingIsListed) {
  EXPECT_EQ(dump_fibers(), "0 fibers\n");
}

// Standard error goes into a pipe while it lives.
class StandardError {
 public:
  StandardError() : before_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe(ends_), 0);
    dup2(ends_[1], STDERR_FILENO);
  }
  ~StandardError() {
    dup2(before_, STDERR_FILENO);
    for (const int descriptor : {before_, ends_[0], ends_[1]}) {
      close(descriptor);
    }
  }
  // Blocks until `wanted` has come.
  std::string read_until(const std::string& wanted) {
    std::string text;
    char octet = 0;
    while (text.find(wanted) == std::string::npos && read(ends_[0], &octet, 1) == 1) {
      text += octet;
    }
    return text;
  }

 private:
  int before_;
  int ends_[2];
};

TEST(Dump, CanBePrintedAtASignal) {
  StandardError error;
  run(
      [&] {
        Event never;
        Scope scope;
        scope.spawn([&] { never.wait(); }, "stuck");
        yield();
        for (int round = 0; round < 2; ++round) {
          std::raise(SIGUSR1);
          const std::string text = blocking([&] { return error.read_until("\"stuck\" on loop 0 waits for an event"); });
          EXPECT_THAT(text, HasSubstr("\"main\" on loop 0 waits for a blocking call"));
        }
        scope.cancel();
        scope.join();
      },
      {.dump_signal = SIGUSR1});
}

}  // namespace
}  // namespace posthouse::fiber
