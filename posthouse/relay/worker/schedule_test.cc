// How many lanes a destination gets, and when it is left alone.
#include <gmock/gmock.h>

#include "posthouse/relay/worker/worker.h"
#include "posthouse/relay/worker/worker_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using Kind = Event::Kind;
using testing::Peer;
using testing::WorkerTest;

TEST_F(WorkerTest, ADestinationThatIsAwayIsAskedOnceForAllItsMail) {
  constexpr std::size_t letters = 150;
  in_house([&] {
    Peer peer([](const std::string& at, const std::string&) { return at == "CONNECT" ? "421 4.3.2 not now" : ""; });
    for (std::size_t i = 0; i < letters; ++i) {
      put({"hong@two.test"});
    }
    Running running(*this, options_to(peer));
    running.events.wait_for(Kind::deferred, letters);
    EXPECT_LE(peer.sessions, 2) << "two lanes may have begun at the same time";
    const int before = peer.sessions;
    advance(10min);
    running.worker.wake();
    running.events.wait_for(Kind::deferred, 2 * letters);
    EXPECT_EQ(peer.sessions, before + 1) << "a probe";
  });
}

TEST_F(WorkerTest, AHostThatTakesFewConnectionsGetsNoMore) {
  constexpr int letters = 60;
  in_house([&] {
    std::atomic<int> open{0};
    Peer peer([&](const std::string& at, const std::string&) {
      // Never less than it was: the first comer has the only place.
      return at == "CONNECT" && open.fetch_add(1) > 0 ? "421 4.7.0 too many connections" : "";
    });
    WorkerOptions chosen = options_to(peer);
    chosen.messages_per_connection = 10000;
    chosen.linger = 20s;
    for (int i = 0; i < letters; ++i) {
      put({"hong@two.test"});
    }
    Running running(*this, chosen);
    running.events.wait_for(Kind::relayed, letters);
    EXPECT_EQ(running.events.count(Kind::failed), 0U);
  });
}

TEST_F(WorkerTest, ADomainMayHaveRulesOfItsOwn) {
  in_house([&] {
    Peer peer([](const std::string& at, const std::string&) { return at == "RCPT" ? "450 4.2.0 later" : ""; });
    WorkerOptions chosen = options_to(peer);
    chosen.routes.set("three.test", *chosen.routes.find("two.test"));
    chosen.domains["two.test"] = {.retry_initial = 2h, .retry_max = 2h, .expire = 24h};
    put({"hong@two.test", "li@three.test"});
    Running running(*this, chosen);
    running.events.wait_for(Kind::deferred, 2);
    for (const Event& event : running.events.all()) {
      EXPECT_EQ(event.next_attempt_at > now() + 1h, event.recipient == "hong@two.test");
    }
    advance(25h);
    running.worker.wake();
    const Event event = running.events.wait_for(Kind::failed);
    EXPECT_EQ(event.recipient, "hong@two.test");
    EXPECT_TRUE(event.expired);
  });
}

// Hosts that take a connection and never greet, as many as there may be at a time.
TEST_F(WorkerTest, AThousandSilentHostsDelayNobody) {
  constexpr int dead = 1000;
  in_house([&] {
    const net::Listener silent = net::listen("127.0.0.1:0");
    Peer peer;
    WorkerOptions chosen = options_to(peer);
    chosen.connections = 50;
    chosen.timeouts.greeting = 10min;
    chosen.stop = 0s;
    for (int i = 0; i < dead; ++i) {
      const std::string domain = "d" + std::to_string(i) + ".test";
      resolver.exchangers[domain] = {};
      resolver.hosts[domain] = {silent.local_address()};
      put({"x@" + domain});
    }
    Running running(*this, chosen);
    put({"hong@two.test"});
    running.events.wait_for(Kind::relayed);
    put({"li@two.test"});
    running.events.wait_for(Kind::relayed, 2);
    EXPECT_EQ(running.events.count(Kind::deferred), 0U) << "none of them has come to its end";
  });
}

}  // namespace
}  // namespace posthouse::relay
