#include "posthouse/fiber/fair_semaphore.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"

namespace posthouse::fiber {
namespace {

using namespace std::chrono_literals;
using Outcome = FairSemaphore::Outcome;

/// Requests that wait for the one permit while it is taken, and the order in which they get it.
class Queue {
 public:
  explicit Queue(std::size_t most_waiting = 4096) : turns_(1, most_waiting) {
    EXPECT_EQ(turns_.acquire({"whoever was first"}), Outcome::granted);
  }

  /// Asks and is in the queue when this returns.
  void ask(const std::string& name, std::vector<std::string> parties) {
    scope_.spawn([this, name, parties = std::move(parties)] {
      const Outcome outcome = turns_.acquire(parties);
      (outcome == Outcome::granted ? served_ : sent_away_).push_back(name);
      if (outcome == Outcome::granted) {
        turns_.release();
      }
    });
    yield();
  }
  std::vector<std::string> serve() {
    turns_.release();
    scope_.join();
    return served_;
  }

  FairSemaphore turns_;
  std::vector<std::string> served_;
  std::vector<std::string> sent_away_;
  Scope scope_;
};

TEST(FairSemaphore, ACrowdFromOneAddressCostsOthersOneTurn) {
  run([] {
    Queue queue;
    for (int i = 0; i < 300; ++i) {
      queue.ask("guess", {"192.0.2.1", "name" + std::to_string(i)});
    }
    queue.ask("bob", {"192.0.2.2", "bob"});
    queue.ask("eve", {"192.0.2.3", "eve"});
    const auto served = queue.serve();
    ASSERT_EQ(served.size(), 302U);
    EXPECT_EQ(served[0], "guess");
    EXPECT_EQ(served[1], "bob");
    EXPECT_EQ(served[2], "eve");
  });
}

TEST(FairSemaphore, ACrowdAtOneAccountCostsOthersOneTurnAndItsOwnerNoMore) {
  run([] {
    Queue queue;
    for (int i = 0; i < 100; ++i) {
      queue.ask("guess", {"192.0.2.1", "ann"});
    }
    for (int i = 0; i < 100; ++i) {
      queue.ask("guess", {"address" + std::to_string(i), "bob"});
    }
    queue.ask("ann", {"192.0.2.2", "ann"});
    queue.ask("eve", {"192.0.2.3", "eve"});
    const auto served = queue.serve();
    ASSERT_EQ(served.size(), 202U);
    EXPECT_EQ((std::vector<std::string>(served.begin() + 2, served.begin() + 3)), std::vector<std::string>{"eve"});
    const auto ann = std::find(served.begin(), served.end(), "ann") - served.begin();
    EXPECT_LE(ann, 6) << "turn by turn with one guess at ann and one at bob";
  });
}

TEST(FairSemaphore, WhoeverComesLaterFromAnAddressThatHadItsTurnsWaits) {
  run([] {
    Queue queue;
    for (int i = 0; i < 10; ++i) {
      queue.ask("a", {"a"});
      queue.ask("b", {"b"});
    }
    queue.ask("c", {"c"});
    const auto served = queue.serve();
    EXPECT_EQ(std::vector<std::string>(served.begin(), served.begin() + 5),
              (std::vector<std::string>{"a", "b", "c", "a", "b"}));
  });
}

TEST(FairSemaphore, TheLargestCrowdMakesRoom) {
  run([] {
    Queue queue(5);
    for (int i = 0; i < 5; ++i) {
      queue.ask("guess" + std::to_string(i), {"192.0.2.1"});
    }
    queue.ask("guess5", {"192.0.2.1"});
    EXPECT_EQ(queue.sent_away_, (std::vector<std::string>{"guess5"}));
    queue.ask("bob", {"192.0.2.2"});
    const auto served = queue.serve();
    EXPECT_EQ(queue.sent_away_, (std::vector<std::string>{"guess5", "guess4"}));
    EXPECT_EQ(served, (std::vector<std::string>{"guess0", "bob", "guess1", "guess2", "guess3"}));
  });
}

TEST(FairSemaphore, AWaitEndsAtItsDeadlineByCancellationAndByClosing) {
  run([] {
    FairSemaphore turns(1);
    EXPECT_EQ(turns.acquire({"a"}), Outcome::granted);
    EXPECT_EQ(turns.acquire({"a"}, 1ms), Outcome::timeout);
    {
      Scope scope;
      scope.spawn([&] { EXPECT_THROW(turns.acquire({"b"}), Error); });
      yield();
      EXPECT_EQ(turns.waiting(), 1U);
      scope.cancel();
      scope.join();
    }
    EXPECT_EQ(turns.waiting(), 0U);
    Scope scope;
    scope.spawn([&] { EXPECT_EQ(turns.acquire({"c"}), Outcome::closed); });
    yield();
    turns.close();
    scope.join();
    EXPECT_EQ(turns.acquire({"d"}), Outcome::closed);
  });
}

TEST(FairSemaphore, BetweenThreadsNeverMoreThanThePermits) {
  FairSemaphore turns(3);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  Scope threads;
  for (int t = 0; t < 8; ++t) {
    threads.spawn([&, t] {
      for (int i = 0; i < 500; ++i) {
        if (turns.acquire({std::to_string(t % 3)}) != Outcome::granted) {
          continue;
        }
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
        turns.release();
        ++done;
      }
    });
  }
  threads.join();
  EXPECT_LE(most, 3);
  EXPECT_EQ(done, 8 * 500);
}

}  // namespace
}  // namespace posthouse::fiber
