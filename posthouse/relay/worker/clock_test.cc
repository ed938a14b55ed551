// Clocks that are set while mail waits.
#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;
using Kind = Event::Kind;
using testing::Peer;
using testing::WorkerTest;

constexpr auto ten_years = 24h * 3653;

TEST_F(WorkerTest, MailQueuedUnderAClockThatWasAheadIsSent) {
  in_house([&] {
    Peer peer;
    advance(ten_years);
    put({"hong@two.test"});
    advance(-ten_years);
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::relayed);
  });
}

TEST_F(WorkerTest, TheClockIsSetBackWhileMailWaits) {
  in_house([&] {
    std::atomic<bool> refuse{true};
    Peer peer(
        [&](const std::string& stage, const std::string&) { return stage == "MAIL" && refuse ? "451 later" : ""; });
    advance(ten_years);
    put({"hong@two.test"});
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred);
    refuse = false;
    advance(-ten_years);
    running.worker.wake();
    running.events.wait_for(Kind::relayed);
  });
}

TEST_F(WorkerTest, ALetterFromTheFutureExpiresInItsTime) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string&) { return stage == "MAIL" ? "451 4.3.0 no" : ""; });
    advance(ten_years);
    put({"hong@two.test"});
    advance(-ten_years);
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred);
    advance(121h);
    running.worker.wake();
    EXPECT_EQ(running.events.wait_for(Kind::failed).attempts, 2U);
  });
}

TEST_F(WorkerTest, NoLetterExpiresAtItsFirstAttempt) {
  in_house([&] {
    Peer peer([](const std::string& stage, const std::string&) { return stage == "MAIL" ? "451 4.3.0 no" : ""; });
    put({"hong@two.test"});
    advance(ten_years);  // the clock was behind, or the house was off
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred);
    ASSERT_THAT(queue::list(*store), SizeIs(1));
    EXPECT_EQ(running.events.count(Kind::failed), 0U);
  });
}

}  // namespace
}  // namespace posthouse::relay
