// Several workers on one queue; stopping, crashing and operators in between.
#include <set>

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

TEST_F(WorkerTest, TwoWorkersNeverSendTheSameMessageAtOnce) {
  constexpr std::size_t letters = 120;
  in_house([&] {
    Peer peer;
    WorkerOptions one = options_to(peer, "first");
    WorkerOptions two = options_to(peer, "second");
    one.batch = two.batch = 3;
    Running first(*this, one);
    Running second(*this, two);
    for (std::size_t i = 0; i < letters; ++i) {
      put({"u" + std::to_string(i) + "@two.test"});
    }
    const net::Deadline deadline(30s);
    const auto relayed = [&] { return first.worker.statistics().relayed + second.worker.statistics().relayed; };
    while (relayed() < letters && !deadline.expired()) {
      net::sleep_for(5ms);
    }
    EXPECT_EQ(queue::count(*store), 0U);
    std::multiset<std::string> sent;
    for (const auto& message : peer.received()) {
      sent.insert(message.recipients.begin(), message.recipients.end());
    }
    EXPECT_EQ(sent.size(), letters);
    EXPECT_EQ(std::set<std::string>(sent.begin(), sent.end()).size(), letters);
    EXPECT_EQ(relayed(), letters);
    EXPECT_EQ(first.worker.statistics().lost + second.worker.statistics().lost, 0U);
  });
}

TEST_F(WorkerTest, AnotherWorkerTakesOverWhenALeaseRunsOut) {
  in_house([&] {
    net::Event asked;
    std::atomic<bool> hang{true};
    Peer peer([&](const std::string& stage, const std::string&) {
      if (stage == "MAIL" && hang.exchange(false)) {
        asked.set();
        net::sleep_for(1h);  // until the peer is stopped
      }
      return "";
    });
    put({"hong@two.test"});
    {
      WorkerOptions stuck = options_to(peer, "stuck");
      stuck.stop = 0ms;
      Running first(*this, stuck);
      asked.wait();
    }  // cut off in the middle
    ASSERT_THAT(queue::list(*store), SizeIs(1));
    EXPECT_TRUE(queue::list(*store)[0].leased);
    Running second(*this, options_to(peer, "other"));
    advance(6min);
    second.worker.wake();
    second.events.wait_for(Kind::reclaimed);
    second.events.wait_for(Kind::relayed);
    EXPECT_THAT(peer.received(), SizeIs(1));
    EXPECT_EQ(second.worker.statistics().reclaimed, 1U);
  });
}

TEST_F(WorkerTest, LeasesAreRenewedWhileADeliveryLasts) {
  in_house([&] {
    net::Event asked;
    net::Event go_on;
    Peer peer([&](const std::string& stage, const std::string&) {
      if (stage == "END") {
        asked.set();
        go_on.wait();
      }
      return "";
    });
    put({"hong@two.test"});
    WorkerOptions chosen = options_to(peer);
    chosen.lease = 500ms;
    Running running(*this, chosen);
    asked.wait();
    Running other(*this, options_to(peer, "other"));  // the row is claimed by now
    const queue::Moment began = now();
    while (now() - began < 1500ms) {
      other.worker.wake();
      net::sleep_for(10ms);
    }
    go_on.set();
    running.events.wait_for(Kind::relayed);
    EXPECT_THAT(peer.received(), SizeIs(1));
  });
}

TEST_F(WorkerTest, AfterACrashTheSameWorkerGoesOnAtOnce) {
  in_house([&] {
    Peer peer;
    put({"hong@two.test"});
    store->write([&](store::Write& write) {
      return queue::claim(store::own_tables(write), "two.test", "w", now(), now() + 5min, 10).size();
    });
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::reclaimed);
    running.events.wait_for(Kind::relayed);
  });
}

TEST_F(WorkerTest, AnOperatorsRetryIsSeenWithinThePoll) {
  in_house([&] {
    std::atomic<bool> refuse{true};
    Peer peer(
        [&](const std::string& stage, const std::string&) { return stage == "MAIL" && refuse ? "451 4.3.0 no" : ""; });
    put({"hong@two.test"});
    WorkerOptions chosen = options_to(peer);
    chosen.poll = 20ms;
    Running running(*this, chosen);
    running.events.wait_for(Kind::deferred);
    refuse = false;
    EXPECT_EQ(queue::retry(*store, {}), 1U);
    running.events.wait_for(Kind::relayed);
  });
}

TEST_F(WorkerTest, AnOperatorsRemovalFreesTheMessage) {
  in_house([&] {
    put({"hong@two.test", "li@two.test"});
    const auto rows = queue::list(*store);
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(queue::remove(*store, {.ids = {rows[0].id}}), 1U);
    EXPECT_EQ(queue::remove(*store, {.ids = {rows[0].id}}), 0U);
    EXPECT_EQ(messages(), 1);
    EXPECT_EQ(queue::remove(*store, {.ids = {rows[1].id}}), 1U);
    EXPECT_EQ(messages(), 0);
  });
}

TEST_F(WorkerTest, WhatTheOperatorGivesUpFailsWithoutBeingTried) {
  in_house([&] {
    Peer peer;
    put({"hong@two.test", "li@two.test"});
    const auto rows = queue::list(*store);
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(queue::hold(*store, {.ids = {rows[0].id}}), 1U);
    EXPECT_EQ(queue::fail(*store, {.ids = {rows[0].id}}, "the address is wrong"), 1U) << "held or not";
    Running running(*this, options_to(peer));
    const Event failed = running.events.wait_for(Kind::failed);
    EXPECT_EQ(failed.recipient, "hong@two.test");
    EXPECT_EQ(failed.text, "given up by the postmaster: the address is wrong");
    EXPECT_EQ(running.events.wait_for(Kind::reported).recipient, "ann@one.test");
    running.events.wait_for(Kind::relayed);
    ASSERT_THAT(peer.received(), SizeIs(1));
    EXPECT_THAT(peer.received()[0].recipients, ::testing::ElementsAre("li@two.test"));
    ASSERT_THAT(mailbox(), SizeIs(1));
    EXPECT_THAT(mailbox()[0], ::testing::HasSubstr("the address is wrong"));
  });
}

TEST_F(WorkerTest, StoppingWaitsForADeliveryButNotForEver) {
  in_house([&] {
    net::Event asked;
    Peer peer([&](const std::string& stage, const std::string&) {
      if (stage == "END") {
        asked.set();
        net::sleep_for(50ms);
      }
      return "";
    });
    for (int i = 0; i < 3; ++i) {
      put({"hong@two.test"});
    }
    WorkerOptions chosen = options_to(peer);
    chosen.connections_per_destination = 1;
    {
      Running running(*this, chosen);
      asked.wait();
    }
    EXPECT_THAT(peer.received(), SizeIs(1)) << "the one under way was let finish";
    EXPECT_THAT(queue::list(*store), SizeIs(2));
    EXPECT_FALSE(queue::list(*store)[0].leased) << "the others were given back";
  });
}

TEST_F(WorkerTest, RoutesCanChangeWhileItRuns) {
  in_house([&] {
    Peer peer;
    put({"hong@two.test"});
    resolver.unreachable = {"two.test"};
    Running running(*this, options());
    running.events.wait_for(Kind::deferred);
    running.worker.reconfigure(options_to(peer));
    advance(3min);
    running.worker.wake();
    running.events.wait_for(Kind::relayed);
  });
}

}  // namespace
}  // namespace posthouse::relay
